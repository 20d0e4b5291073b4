"""A provider judges an entry's options as they are in each environment."""

from bot.catalog.loader import load_catalog

CATALOG = """
schema: 1
environments: [production, staging]
secrets:
  - name: supabase-service-key
    title: Supabase service key
    provider: supabase
    parts:
      key: { parameter: "/{environment}/supabase/service-key", variable: SUPABASE_SERVICE_ROLE_KEY }
    options: { project: "product-{environment}" }
    admin: /bot/admin/supabase
    policy: { on_personnel_change: true }
    owner: Platform team
    if_killed: The API loses the database.
    outage: down
    kill: irreversible
    data: personal
"""


def test_the_environments_name_stands_in_the_options_that_a_provider_is_shown(tmp_path):
    file = tmp_path / "secrets.yaml"
    file.write_text(CATALOG)
    shown = []

    def judge(_provider, options, _parts, _hosts):
        shown.append(options["project"])
        return ""

    load_catalog(file, {"supabase"}, judge)
    assert shown == ["product-production", "product-staging"]
