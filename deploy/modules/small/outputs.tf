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

output "on_call" {
  value = module.foundation.on_call
}

output "session" {
  description = "A shell on the host, by your own AWS identity."
  value       = "aws ssm start-session --region ${var.region} --target ${var.image == "" ? "INSTANCE" : aws_instance.bot[0].id}"
}
