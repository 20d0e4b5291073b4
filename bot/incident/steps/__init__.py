"""The playbook's steps and people's tasks."""
