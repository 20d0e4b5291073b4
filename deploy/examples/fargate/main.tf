provider "aws" {
  region              = "eu-central-1"
  allowed_account_ids = ["111111111111"]
}

module "bot" {
  source = "../../modules/fargate"

  account            = "111111111111" # the bot's own
  region             = "eu-central-1"
  zones              = ["eu-central-1a", "eu-central-1b"]
  key_administrators = ["arn:aws:iam::111111111111:role/Installer"]
  responders         = ["arn:aws:iam::111111111111:role/Responder"]
  product_role       = "arn:aws:iam::222222222222:role/compromise-bot" # made by examples/product
  external_id        = "acme-compromise-bot"
  image              = "111111111111.dkr.ecr.eu-central-1.amazonaws.com/compromise-bot@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  reports_bucket     = "acme-compromise-bot-reports"
  runbook            = "s3://acme-runbook/leaked.md" # in a third account
  egress_ports       = [443, 5432, 6379]
  on_call_email      = "on-call@example.com"
  secrets            = ["slack-bot-token", "slack-app-token", "bot-pagerduty-routing-key"]
  settings           = { BOT_SECURITY_CHANNEL = "C0123456789", BOT_TIME_ZONE = "Europe/Berlin" }
}

output "bot" {
  value = module.bot
}
