BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE cursors (
	incident VARCHAR(64) NOT NULL, 
	surface VARCHAR(64) NOT NULL, 
	"key" VARCHAR(255) NOT NULL, 
	seq INTEGER NOT NULL, 
	data TEXT NOT NULL, 
	updated_at VARCHAR(27) NOT NULL, 
	PRIMARY KEY (incident, surface, "key")
);
CREATE TABLE incident_events (
	incident VARCHAR(64) NOT NULL, 
	seq INTEGER NOT NULL, 
	at VARCHAR(27) NOT NULL, 
	actor TEXT NOT NULL, 
	kind VARCHAR(64) NOT NULL, 
	data TEXT NOT NULL, 
	salt VARCHAR(32) NOT NULL, 
	data_digest VARCHAR(64) NOT NULL, 
	previous VARCHAR(64) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	command_id TEXT, 
	CONSTRAINT one_event_per_number UNIQUE (incident, seq), 
	CONSTRAINT one_answer_per_command UNIQUE (incident, command_id)
);
INSERT INTO "incident_events" VALUES('inc_riirsb',1,'2026-11-26T15:04:39.521212Z','ada','incident-declared','{"detected_at":"2026-11-26T15:04:39.521212Z","environment":"production","exposed_at":null,"incident":"inc_riirsb","notice":"seen in a public gist","playbook":{"id":"secret-compromise","steps":[{"actions":["rotate"],"approval":false,"guide":"Do it.","id":"rotate","tasks":[],"title":"Rotate","why":"It has to be done.","within":900.0},{"actions":["usage"],"approval":false,"guide":"Do it.","id":"assess","tasks":[],"title":"Assess impact","why":"It has to be done.","within":3600.0},{"actions":["revoke","prove"],"approval":false,"guide":"Do it.","id":"revoke","tasks":[],"title":"Revoke the old value","why":"It has to be done.","within":900.0},{"actions":["page","announce"],"approval":false,"guide":"Do it.","id":"notify","tasks":[],"title":"Tell the team","why":"It has to be done.","within":1800.0},{"actions":[],"approval":false,"guide":"Do it.","id":"investigate","tasks":["Search the repository''s whole history, build logs and error tracker for the leaked value, on your own machine, never in a web search","Check the provider for keys, users and webhooks made since the exposure began"],"title":"Investigate","why":"It has to be done.","within":86400.0},{"actions":[],"approval":false,"guide":"Do it.","id":"remediate","tasks":["Take the secret out of the place it leaked from","Switch on secret scanning and push protection where it leaked","Reduce the new key''s rights to what its consumers use","Reduce who can read the parameter, and remove readers nobody could explain"],"title":"Remediate","why":"It has to be done.","within":604800.0},{"actions":["report","decisions"],"approval":false,"guide":"Do it.","id":"document","tasks":[],"title":"Document","why":"It has to be done.","within":604800.0}],"title":"A secret has leaked"},"public":true,"timings":{"approval_expires":60.0,"confirm":0.3,"http_timeout":5.0,"overlap":5.0,"retry_for":10.0,"snapshot":5.0,"sweep_wait":5.0,"watch":2.0},"title":"openai-api-key compromised","v":1}','fa52eb3433173e37ac96be61b44b653b','4c94018b9be92c0017280756eaa87d3ddc46e118611f0b99671701b00b0a6465','','dda79b480fbfd71de72caf344a1ae0ef7256cf4287bcfe59ef31b225cebe412e','declare-1-tmpbtf9csc8');
INSERT INTO "incident_events" VALUES('inc_riirsb',2,'2026-11-26T15:04:39.521212Z','ada','secret-added','{"reason":"Strangers can read it, it opens personal data, and killing it degrades the product (Answers stop): kill it first.","replace":true,"secret":{"abilities":{"compares":true,"controls":true,"copies_scopes":false,"deletes":false,"holds_sessions":false,"identifies":true,"inspects":true,"makes":"issue","renews":false,"revoke_needs_replacement":false,"revokes":"machine","revokes_itself":false,"revokes_with_owner":true,"snapshots":true,"swaps":false},"admin_parameter":"/bot/admin/openai","checklist":{"admin-keys":"Admin keys made since: https://platform.openai.com/settings/organization/admin-keys.","project-keys":"API keys made since, in any project: https://platform.openai.com/api-keys. A project key cannot make others, so a new one speaks for a stolen account.","stored-objects":"Files, batches, fine-tuned models, vector stores and stored responses made with the key, in https://platform.openai.com/storage: batches that are queued still run, and cost, after it is gone."},"console":"https://platform.openai.com/api-keys","consumers":[{"alias":null,"function":"api","health":null},{"alias":null,"function":"worker","health":null}],"data":"personal","dies_with":[],"if_killed":"Answers stop.","inspects":["project-keys","admin-keys"],"issue_by_hand":"1. Open https://platform.openai.com/api-keys and choose the project.\n2. Press “Create new secret key”, owned by a service account, with the permissions of the old key.\n3. Hand the value over with `bot submit`, never in Slack.","issued_with":[],"kill":"irreversible","name":"openai-api-key","options":{"project":"proj_practice","service_account":"svc_practice"},"outage":"degraded","owner":"AI team","parts":[{"name":"key","parameter":"/production/openai-api-key","secret":true,"variable":"OPENAI_API_KEY"}],"provider":"openai","public_by_design":false,"revoke_by_hand":"1. Open https://platform.openai.com/api-keys and choose the project.\n2. Find the key by its last characters, press the bin beside it and confirm.","siblings":[],"title":"OpenAI API key"},"strategy":"kill-first","target":{"current":true,"fingerprint":"","kind":"assumed","staged":null,"version":null},"v":1}','4ce9c23eb7d08be12696a5db074ed287','8b8bdd1340046ec8ba9f924ea13ff1a96585ae2e15ee69358d31bf24505bbecc','dda79b480fbfd71de72caf344a1ae0ef7256cf4287bcfe59ef31b225cebe412e','3df23a3d3333ad8c6459a673c036a7758d562d0927b8d51a2cf481e1d429f5d0',NULL);
INSERT INTO "incident_events" VALUES('inc_riirsb',3,'2026-11-26T15:04:39.521212Z','ada','step-started','{"step":"rotate","v":1}','516ee2897488cf4cd7e5f1f54dc1b4d5','0d65c22cf227e116795edca69c0b4c0147ae202448ecdf476ca579d6f6891bf9','3df23a3d3333ad8c6459a673c036a7758d562d0927b8d51a2cf481e1d429f5d0','a5576d4731bf76a9f70cc9e2da378e4edee5c368e6bc5662f488546b94057cb2',NULL);
INSERT INTO "incident_events" VALUES('inc_riirsb',4,'2026-11-26T15:04:39.521212Z','ada','kill-requested','{"secret":"openai-api-key","v":1}','327756178fecea33453a0e8968551900','87a9e93a0cbbe9409ea8e4aa2df18a08566c1e91de6bc90a1bba866a525c3b52','a5576d4731bf76a9f70cc9e2da378e4edee5c368e6bc5662f488546b94057cb2','82b36087c180d86b8ffcf1693e8c0435072a6abdf71bef4dc9f5be04048ee23b',NULL);
INSERT INTO "incident_events" VALUES('inc_st5fmv',1,'2026-11-26T15:04:39.528796Z','guest','incident-declared','{"detected_at":"2026-11-26T15:04:39.528796Z","environment":"production","exposed_at":null,"incident":"inc_st5fmv","notice":"seen in a public gist","playbook":{"id":"secret-compromise","steps":[{"actions":["rotate"],"approval":false,"guide":"Do it.","id":"rotate","tasks":[],"title":"Rotate","why":"It has to be done.","within":900.0},{"actions":["usage"],"approval":false,"guide":"Do it.","id":"assess","tasks":[],"title":"Assess impact","why":"It has to be done.","within":3600.0},{"actions":["revoke","prove"],"approval":false,"guide":"Do it.","id":"revoke","tasks":[],"title":"Revoke the old value","why":"It has to be done.","within":900.0},{"actions":["page","announce"],"approval":false,"guide":"Do it.","id":"notify","tasks":[],"title":"Tell the team","why":"It has to be done.","within":1800.0},{"actions":[],"approval":false,"guide":"Do it.","id":"investigate","tasks":["Search the repository''s whole history, build logs and error tracker for the leaked value, on your own machine, never in a web search","Check the provider for keys, users and webhooks made since the exposure began"],"title":"Investigate","why":"It has to be done.","within":86400.0},{"actions":[],"approval":false,"guide":"Do it.","id":"remediate","tasks":["Take the secret out of the place it leaked from","Switch on secret scanning and push protection where it leaked","Reduce the new key''s rights to what its consumers use","Reduce who can read the parameter, and remove readers nobody could explain"],"title":"Remediate","why":"It has to be done.","within":604800.0},{"actions":["report","decisions"],"approval":false,"guide":"Do it.","id":"document","tasks":[],"title":"Document","why":"It has to be done.","within":604800.0}],"title":"A secret has leaked"},"public":true,"timings":{"approval_expires":60.0,"confirm":0.3,"http_timeout":5.0,"overlap":5.0,"retry_for":10.0,"snapshot":5.0,"sweep_wait":5.0,"watch":2.0},"title":"sendgrid-api-key compromised","v":1}','bd12fd102b72f4649b8b14610cd62ff9','502e4979ed16353c9efbf935774d18c63f3ea5eb25f5bca3efc9a95cb59e6632','','7744076c2b733483e4d765aa03ed92c5db48fa37b8fa714ab7776225addd8183','declare-2-tmpbtf9csc8');
INSERT INTO "incident_events" VALUES('inc_st5fmv',2,'2026-11-26T15:04:39.528796Z','guest','secret-added','{"reason":"Chosen by the responder.","replace":true,"secret":{"abilities":{"compares":true,"controls":true,"copies_scopes":true,"deletes":false,"holds_sessions":false,"identifies":true,"inspects":false,"makes":"issue","renews":false,"revoke_needs_replacement":false,"revokes":"machine","revokes_itself":false,"revokes_with_owner":false,"snapshots":true,"swaps":false},"admin_parameter":"/bot/admin/sendgrid","checklist":{"keys and people":"Keys and teammates made since: https://app.sendgrid.com/settings/api_keys and https://app.sendgrid.com/settings/teammates.","mail":"Mail sent with it that is not yours, and templates, senders and webhooks changed since: https://app.sendgrid.com/email_activity."},"console":"https://app.sendgrid.com/settings/api_keys","consumers":[{"alias":null,"function":"notifications","health":null}],"data":"personal","dies_with":[],"if_killed":"Mail stops.","inspects":[],"issue_by_hand":"1. Open https://app.sendgrid.com/settings/api_keys and press “Create API Key”.\n2. Choose “Restricted Access” with the permissions of the old key, never “Full Access” for convenience.\n3. Hand the value over with `bot submit`, never in Slack.","issued_with":[],"kill":"irreversible","name":"sendgrid-api-key","options":{},"outage":"degraded","owner":"Growth team","parts":[{"name":"key","parameter":"/production/sendgrid-api-key","secret":true,"variable":"SENDGRID_API_KEY"}],"provider":"sendgrid","public_by_design":false,"revoke_by_hand":"1. Open https://app.sendgrid.com/settings/api_keys.\n2. Find the key by its API Key ID, open its menu, choose “Delete API Key” and confirm.","siblings":[],"title":"SendGrid API key"},"strategy":"overlap","target":{"current":true,"fingerprint":"","kind":"assumed","staged":null,"version":null},"v":1}','c888baecc424f40754c265329b641d87','eca6693babec7e77e37cda6ffb5758a4698c65ed9c20cd70da85d3817ed06ee2','7744076c2b733483e4d765aa03ed92c5db48fa37b8fa714ab7776225addd8183','d68ffb1887702d1883ef3ef955d05ac206c0403aa2baaaf45739c7557eef2fb4',NULL);
INSERT INTO "incident_events" VALUES('inc_st5fmv',3,'2026-11-26T15:04:39.528796Z','guest','step-started','{"step":"rotate","v":1}','6cfb7e88209756eab9043a7ec9c0ca62','c987423ec9080d8587ae6b18c082dfd732cddaa3c55cec5ab4f579f30e9ece87','d68ffb1887702d1883ef3ef955d05ac206c0403aa2baaaf45739c7557eef2fb4','9c706fa6c585ca76df3121829730cdd99883188c4bebd13d21063533d3e5aa7a',NULL);
CREATE TABLE incidents (
	incident VARCHAR(64) NOT NULL, 
	seq INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	environment TEXT NOT NULL, 
	title TEXT NOT NULL, 
	declared_at VARCHAR(27) NOT NULL, 
	declared_by TEXT NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	updated_at VARCHAR(27) NOT NULL, 
	secrets TEXT NOT NULL, 
	alive INTEGER NOT NULL, 
	PRIMARY KEY (incident)
);
INSERT INTO "incidents" VALUES('inc_riirsb',4,'open','production','openai-api-key compromised','2026-11-26T15:04:39.521212Z','ada','82b36087c180d86b8ffcf1693e8c0435072a6abdf71bef4dc9f5be04048ee23b','2026-11-26T15:04:39.521212Z','["openai-api-key"]',1);
INSERT INTO "incidents" VALUES('inc_st5fmv',3,'open','production','sendgrid-api-key compromised','2026-11-26T15:04:39.528796Z','guest','9c706fa6c585ca76df3121829730cdd99883188c4bebd13d21063533d3e5aa7a','2026-11-26T15:04:39.528796Z','["sendgrid-api-key"]',1);
CREATE TABLE open_secrets (
	environment VARCHAR(255) NOT NULL, 
	secret VARCHAR(255) NOT NULL, 
	incident VARCHAR(64) NOT NULL, 
	PRIMARY KEY (environment, secret), 
	FOREIGN KEY(incident) REFERENCES incidents (incident) ON DELETE CASCADE
);
INSERT INTO "open_secrets" VALUES('production','openai-api-key','inc_riirsb');
INSERT INTO "open_secrets" VALUES('production','sendgrid-api-key','inc_st5fmv');
CREATE INDEX incidents_by_state ON incidents (state, declared_at);
CREATE INDEX open_secrets_by_incident ON open_secrets (incident);
COMMIT;
