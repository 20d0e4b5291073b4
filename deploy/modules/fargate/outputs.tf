output "repository" {
  description = "Push your image here, and name it by digest in `image`."
  value       = module.foundation.repository
}

output "worker_role" {
  value = module.foundation.worker_role
}

output "responder_policy" {
  value = module.foundation.responder_policy
}

output "terminal_policy" {
  value = aws_iam_policy.terminal.arn
}

output "host_policy" {
  value = aws_iam_policy.host.arn
}

output "on_call" {
  value = module.foundation.on_call
}

output "database" {
  description = "Host of the database."
  value       = aws_db_instance.bot.address
}

output "master_password" {
  description = "Where Secrets Manager keeps the password of bot_owner."
  value       = aws_db_instance.bot.master_user_secret[0].secret_arn
}

output "tunnel" {
  description = "From a responder's machine to the database, by their own AWS identity. It stays open until Ctrl-C."
  value = <<-EOT
    task=$(aws ecs list-tasks --cluster ${var.name} --desired-status RUNNING --query 'taskArns[0]' --output text)
    id=$(aws ecs describe-tasks --cluster ${var.name} --tasks "$task" --query "tasks[0].containers[?name=='bot'].runtimeId" --output text)
    aws ssm start-session --target "ecs:${var.name}_$${task##*/}_$id" --document-name AWS-StartPortForwardingSessionToRemoteHost \
        --parameters host=${aws_db_instance.bot.address},portNumber=5432,localPortNumber=15432
  EOT
}

output "host" {
  description = "A shell in the bot's container, for who may stand at the worker's own host."
  value       = "aws ecs execute-command --cluster ${var.name} --task TASK --container bot --interactive --command /bin/sh"
}
