provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["333333333333"]
}

module "runbook" {
  source = "../../modules/runbook"

  bucket      = "acme-runbook"
  worker_role = "arn:aws:iam::111111111111:role/compromise-bot-worker"
}

output "runbook" {
  value = module.runbook
}
