"""The database's schema, step by step. A new step is a file in `versions/` and its id at the end of `REVISIONS`."""

REVISIONS = ("0001",)
"""All revisions in order; a test compares them with the files. Here so that an up-to-date start needs no Alembic."""

HEAD = REVISIONS[-1]
