# One small instance: front and worker in one process, SQLite on a disk of its own, a backup in S3 each minute.

module "foundation" {
  source = "../foundation"

  name               = var.name
  account            = var.account
  region             = var.region
  service            = "ec2.amazonaws.com"
  key_administrators = var.key_administrators
  responders         = var.responders
  product_role       = var.product_role
  external_id        = var.external_id
  secrets            = var.secrets
  settings           = var.settings
  reports_bucket     = var.reports_bucket
  backups_bucket     = var.backups_bucket
  runbook            = var.runbook
  on_call_email      = var.on_call_email
  log_days           = var.log_days
}

module "network" {
  source = "../network"

  name         = var.name
  zones        = [var.zone]
  egress_ports = var.egress_ports
}

locals {
  environment = join("\n", [for name, value in module.foundation.environment : "${name}=${value}"])
  # What changes the instance: its image, its settings, and the two programs that run beside each other.
  start = join("\n", [
    "#!/bin/bash",
    "IMAGE='${var.image}'",
    "REGION='${var.region}'",
    "LOG_GROUP='/${var.name}'",
    "VOLUME='${aws_ebs_volume.data.id}'",
    "read -r -d '' ENVIRONMENT <<'EOF' || true",
    local.environment,
    "EOF",
    "read -r -d '' MINUTE <<'EOF' || true",
    file("${path.module}/../../minute.py"),
    "EOF",
    file("${path.module}/start.sh"),
  ])
}

# What the host needs besides: its image, and somewhere to write its log. An instance has one role, which therefore is the
# worker's; on Fargate there are two.
resource "aws_iam_role_policy" "host" {
  name = "host"
  role = module.foundation.worker_role_name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "SignInToTheRegistry", Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
      {
        Sid      = "Image"
        Effect   = "Allow"
        Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = module.foundation.repository_arn
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${module.foundation.log_group_arn}:*"
      },
    ]
  })
}

resource "aws_iam_instance_profile" "bot" {
  name = var.name
  role = module.foundation.worker_role_name
}

data "aws_ssm_parameter" "amazon_linux" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
}

resource "aws_ebs_volume" "data" {
  availability_zone = var.zone
  size              = var.disk_gigabytes
  type              = "gp3"
  encrypted         = true
  tags              = { Name = "${var.name}-data" }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_instance" "bot" {
  count = var.image == "" ? 0 : 1

  ami                         = var.ami != "" ? var.ami : data.aws_ssm_parameter.amazon_linux.value
  instance_type               = var.instance_type
  availability_zone           = var.zone
  subnet_id                   = module.network.subnets[0]
  vpc_security_group_ids      = [module.network.security_group]
  associate_public_ip_address = true # to go out; nothing comes in
  iam_instance_profile        = aws_iam_instance_profile.bot.name
  user_data                   = local.start
  user_data_replace_on_change = true # a new image is a new instance, with the same disk
  tags                        = { Name = var.name }

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    encrypted   = true
    volume_type = "gp3"
    volume_size = 10
  }

  credit_specification {
    cpu_credits = "unlimited" # an incident must not wait for credits
  }

  lifecycle {
    ignore_changes = [ami]
  }
}

resource "aws_volume_attachment" "data" {
  count = var.image == "" ? 0 : 1

  device_name                    = "/dev/sdf"
  volume_id                      = aws_ebs_volume.data.id
  instance_id                    = aws_instance.bot[0].id
  stop_instance_before_detaching = true # SQLite is closed before its disk goes
}
