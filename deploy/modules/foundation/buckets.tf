# Buckets that only grow: the worker writes and never deletes, every version is kept for a while, and nothing is public.

locals {
  buckets = { for kind, name in { reports = var.reports_bucket, backups = var.backups_bucket } : kind => name if name != "" }
}

resource "aws_s3_bucket" "kept" {
  for_each = local.buckets

  bucket              = each.value
  object_lock_enabled = each.key == "reports"

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "kept" {
  for_each = local.buckets

  bucket = aws_s3_bucket.kept[each.key].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "kept" {
  for_each = local.buckets

  bucket                  = aws_s3_bucket.kept[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "kept" {
  for_each = local.buckets

  bucket = aws_s3_bucket.kept[each.key].id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_policy" "kept" {
  for_each = local.buckets

  bucket = aws_s3_bucket.kept[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyByTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::${each.value}", "arn:aws:s3:::${each.value}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

# Each minute writes the file of its day again: versions of two days are the minutes, and the newest of each day stays for
# five weeks.
resource "aws_s3_bucket_lifecycle_configuration" "backups" {
  count = var.backups_bucket == "" ? 0 : 1

  bucket = aws_s3_bucket.kept["backups"].id
  rule {
    id     = "minutes-and-days"
    status = "Enabled"
    filter {}
    expiration {
      days = 35
    }
    noncurrent_version_expiration {
      noncurrent_days = 2
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}
