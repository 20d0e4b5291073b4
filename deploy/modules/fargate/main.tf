# ECS on Fargate with PostgreSQL in RDS: front and worker in one task, which can be replaced at any moment.

module "foundation" {
  source = "../foundation"

  name               = var.name
  account            = var.account
  region             = var.region
  service            = "ecs-tasks.amazonaws.com"
  key_administrators = var.key_administrators
  responders         = var.responders
  product_role       = var.product_role
  external_id        = var.external_id
  secrets            = concat(var.secrets, ["worker-database-url", "bot-database-url"])
  settings           = var.settings
  reports_bucket     = var.reports_bucket
  runbook            = var.runbook
  on_call_email      = var.on_call_email
  log_days           = var.log_days
}

module "network" {
  source = "../network"

  name         = var.name
  zones        = var.zones
  egress_ports = var.egress_ports
}

locals {
  worker_url = "arn:aws:ssm:${var.region}:${var.account}:parameter/bot/worker-database-url"
  # A task tries to be gone within this: running operations get ten seconds to be handed back.
  stop_seconds = 30
  container = {
    image       = var.image
    environment = [for name, value in module.foundation.environment : { name = name, value = value }]
    secrets     = [{ name = "BOT_DATABASE_URL", valueFrom = local.worker_url }]
    stopTimeout = local.stop_seconds
    # Not read-only: ECS Exec writes into a container's file system.
    readonlyRootFilesystem = false
    linuxParameters        = { initProcessEnabled = true }
    logConfiguration = {
      logDriver = "awslogs"
      options   = { "awslogs-group" = "/${var.name}", "awslogs-region" = var.region, "awslogs-stream-prefix" = "bot" }
    }
  }
}

resource "aws_ecs_cluster" "bot" {
  name = var.name

  configuration {
    execute_command_configuration {
      logging = "OVERRIDE"
      log_configuration {
        cloud_watch_log_group_name = module.foundation.log_group
      }
    }
  }
}

# What ECS itself may: fetch the image, write the log, and read the one secret that is handed over as a variable. What the
# bot may is the task's role, `worker`, which ECS cannot use and which cannot read the image's repository.
resource "aws_iam_role" "execution" {
  name = "${var.name}-execution"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account } }
    }]
  })
}

resource "aws_iam_role_policy" "execution" {
  name = "execution"
  role = aws_iam_role.execution.id
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
      { Sid = "DatabaseOfTheWorker", Effect = "Allow", Action = "ssm:GetParameters", Resource = local.worker_url },
    ]
  })
}

# ECS Exec writes what people type and see into the log.
resource "aws_iam_role_policy" "exec_log" {
  name = "exec-log"
  role = module.foundation.worker_role_name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "FindTheLog", Effect = "Allow", Action = "logs:DescribeLogGroups", Resource = "*" },
      {
        Sid      = "LogOfSessions"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = "${module.foundation.log_group_arn}:*"
      },
    ]
  })
}

resource "aws_ecs_task_definition" "bot" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc" # both containers share loopback
  cpu                      = "512"
  memory                   = "1024"
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = module.foundation.worker_role

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.architecture
  }

  container_definitions = jsonencode([
    merge(local.container, {
      name      = "bot"
      essential = true
      command   = ["serve"]
      healthCheck = {
        command     = ["CMD", "python", "-I", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:3001/healthz', timeout=4)"]
        interval    = 15
        timeout     = 5
        retries     = 4
        startPeriod = 60
      }
    }),
    merge(local.container, {
      name          = "minute"
      essential     = false
      entryPoint    = ["python", "-I", "-c", file("${path.module}/../../minute.py")]
      restartPolicy = { enabled = true }
    }),
  ])
}

resource "aws_ecs_service" "bot" {
  name                   = var.name
  cluster                = aws_ecs_cluster.bot.id
  task_definition        = aws_ecs_task_definition.bot.arn
  desired_count          = var.image == "" ? 0 : 1
  launch_type            = "FARGATE"
  enable_execute_command = true

  # How many tasks run during a deployment. On PostgreSQL tasks work side by side, and of those that live one leads: it
  # takes commands at once, and when it goes another takes over what it had begun. So the new task starts beside the old
  # one, which goes once the new one is healthy; a new one that does not get up harms nothing, and is rolled back. Where
  # the schema changes, the old program must not meet it: `stop_first`, and a minute without a bot.
  deployment_minimum_healthy_percent = var.stop_first ? 0 : 100
  deployment_maximum_percent         = var.stop_first ? 100 : 200

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = module.network.subnets
    security_groups  = [module.network.security_group]
    assign_public_ip = true # to go out without a NAT; nothing comes in
  }
}
