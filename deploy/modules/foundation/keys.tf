# Two KMS keys. Their policies are those of docs/policies, and name no root of the account: only who is named there can do
# what is said there. Responders encrypt, and only the worker decrypts.

locals {
  policies = "${path.module}/../../../docs/policies"
  worker   = "arn:aws:iam::${var.account}:role/${aws_iam_role.worker.name}"

  staging_key = [
    for s in jsondecode(replace(replace(file("${local.policies}/staging-key.json"), "REGION", var.region), "ACCOUNT", var.account)).Statement :
    merge(s, { Principal = { AWS = local.key_principals[s.Sid] } })
    if length(local.key_principals[s.Sid]) > 0
  ]
  command_key = [
    for s in jsondecode(replace(replace(file("${local.policies}/command-key.json"), "REGION", var.region), "ACCOUNT", var.account)).Statement :
    merge(s, { Principal = { AWS = local.key_principals[s.Sid] } })
    if length(local.key_principals[s.Sid]) > 0
  ]
  key_principals = {
    AdministratorsManageButDoNotDecrypt        = var.key_administrators
    TheWorkerReadsAndWritesStagedValues        = [local.worker]
    TheWorkerLooksAtTheKey                     = [local.worker]
    RespondersHandOverValuesTheyCannotReadBack = var.responders
    TheWorkerMakesAndReadsTheKeyOfProofs       = [local.worker]
    TheFrontReadsIt                            = [] # one process is front and worker here
  }
}

resource "aws_kms_key" "staging" {
  description             = "Values that wait, and the bot's own keys"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = jsonencode({ Version = "2012-10-17", Statement = local.staging_key })

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "staging" {
  name          = "alias/compromise-staging"
  target_key_id = aws_kms_key.staging.key_id
}

resource "aws_kms_key" "command" {
  description             = "The key by which Slack's front proves its commands"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = jsonencode({ Version = "2012-10-17", Statement = local.command_key })

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "command" {
  name          = "alias/compromise-command"
  target_key_id = aws_kms_key.command.key_id
}
