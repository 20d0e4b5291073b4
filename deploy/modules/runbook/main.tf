# A bucket for the runbook for hands, in an account that is neither the bot's nor the product's: the worker writes one file
# there and reads nothing. Who is on call reads it by a role of this account.

variable "bucket" {
  description = "Name of the bucket to make."
  type        = string
}

variable "worker_role" {
  description = "ARN of the worker's role: output `worker_role` of `small` or `fargate`, which has to be there already."
  type        = string
}

locals {
  # What the worker is given in its own account, said here too: between two accounts both have to.
  statements = jsondecode(replace(file("${path.module}/../../../docs/policies/runbook-bucket.json"), "BUCKET", var.bucket)).Statement
}

resource "aws_s3_bucket" "runbook" {
  bucket = var.bucket
}

resource "aws_s3_bucket_versioning" "runbook" {
  bucket = aws_s3_bucket.runbook.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "runbook" {
  bucket                  = aws_s3_bucket.runbook.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "runbook" {
  bucket = aws_s3_bucket.runbook.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [for s in local.statements : merge(s, { Principal = { AWS = var.worker_role } })],
      [{
        Sid       = "OnlyByTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = ["arn:aws:s3:::${var.bucket}", "arn:aws:s3:::${var.bucket}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }],
    )
  })
}

output "runbook" {
  description = "What `runbook` of the other modules is set to."
  value       = "s3://${var.bucket}/leaked.md"
}
