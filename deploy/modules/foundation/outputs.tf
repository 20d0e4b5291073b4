output "worker_role" {
  description = "ARN of the worker's role, which the role in the product's account trusts."
  value       = local.worker
}

output "worker_role_name" {
  value = aws_iam_role.worker.name
}

output "staging_key" {
  description = "ARN of the KMS key under which secrets are stored: `aws ssm put-parameter --key-id`."
  value       = aws_kms_key.staging.arn
}

output "repository" {
  description = "Where your image goes."
  value       = aws_ecr_repository.bot.repository_url
}

output "repository_arn" {
  value = "arn:aws:ecr:${var.region}:${var.account}:repository/${var.name}"
}

output "log_group" {
  value = aws_cloudwatch_log_group.bot.name
}

output "log_group_arn" {
  value = "arn:aws:logs:${var.region}:${var.account}:log-group:/${var.name}"
}

output "on_call" {
  description = "ARN of the topic to which a pager's https address is subscribed by hand."
  value       = aws_sns_topic.on_call.arn
}

output "responder_policy" {
  description = "ARN of the policy for people at a terminal."
  value       = aws_iam_policy.responder.arn
}

output "environment" {
  description = "The bot's variables, none of which is a secret."
  value = merge(
    {
      AWS_REGION          = var.region
      BOT_ENVIRONMENT     = "production"
      BOT_STAGING_KMS_KEY = "alias/compromise-staging"
      BOT_COMMAND_KMS_KEY = "alias/compromise-command"
      BOT_PLAYBOOKS       = "/etc/compromise-bot/playbooks"
      BOT_PEOPLE          = "/etc/compromise-bot/people.yaml"
      BOT_HEALTH_ADDRESS  = "127.0.0.1:3001"
    },
    var.product_role == "" ? {} : { BOT_PRODUCT_ROLE = var.product_role },
    var.external_id == "" ? {} : { BOT_PRODUCT_EXTERNAL_ID = var.external_id },
    var.reports_bucket == "" ? {} : { BOT_REPORTS_BUCKET = var.reports_bucket },
    var.backups_bucket == "" ? {} : { MINUTE_BACKUPS = "s3://${var.backups_bucket}" },
    var.runbook == "" ? {} : { MINUTE_RUNBOOK = var.runbook },
    var.settings,
  )
}
