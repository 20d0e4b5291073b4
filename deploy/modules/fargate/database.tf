# PostgreSQL, reached from the task alone. RDS keeps the master's password in Secrets Manager, so that it is in no state.

resource "aws_subnet" "database" {
  count = length(var.zones)

  vpc_id            = module.network.vpc
  cidr_block        = cidrsubnet("10.83.0.0/24", 3, 4 + count.index)
  availability_zone = var.zones[count.index]
  tags              = { Name = "${var.name}-database" }
}

resource "aws_db_subnet_group" "bot" {
  name       = var.name
  subnet_ids = aws_subnet.database[*].id
}

resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "From the bot alone"
  vpc_id      = module.network.vpc
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  security_group_id            = aws_security_group.database.id
  referenced_security_group_id = module.network.security_group
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_egress_rule" "database" {
  security_group_id            = module.network.security_group
  referenced_security_group_id = aws_security_group.database.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_db_parameter_group" "bot" {
  name   = var.name
  family = "postgres17"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
}

resource "aws_db_instance" "bot" {
  identifier                  = var.name
  engine                      = "postgres"
  engine_version              = "17"
  auto_minor_version_upgrade  = true
  instance_class              = var.database_class
  allocated_storage           = 20
  max_allocated_storage       = 100
  storage_type                = "gp3"
  storage_encrypted           = true
  db_name                     = "bot"
  username                    = "bot_owner"
  manage_master_user_password = true
  db_subnet_group_name        = aws_db_subnet_group.bot.name
  parameter_group_name        = aws_db_parameter_group.bot.name
  vpc_security_group_ids      = [aws_security_group.database.id]
  publicly_accessible         = false
  multi_az                    = var.standby
  backup_retention_period     = var.database_days
  copy_tags_to_snapshot       = true
  deletion_protection         = true
  skip_final_snapshot         = false
  final_snapshot_identifier   = "${var.name}-last"

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_cloudwatch_metric_alarm" "storage" {
  alarm_name          = "${var.name}-storage"
  alarm_description   = "The database has less than 2 GB left."
  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  dimensions          = { DBInstanceIdentifier = var.name }
  statistic           = "Minimum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = 2000000000
  treat_missing_data  = "missing"
  alarm_actions       = [module.foundation.on_call]
}

# For people at a terminal, besides the policy `responder`: a tunnel through the task to the database, and nothing else.
# They prove themselves to the bot by the same AWS identity; the database's role is the front's, which can write no log.
resource "aws_iam_policy" "terminal" {
  name = "${var.name}-terminal"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "FindTheTask"
        Effect   = "Allow"
        Action   = ["ecs:DescribeTasks", "ecs:ListTasks"]
        Resource = "*"
        Condition = {
          ArnEquals = { "ecs:cluster" = "arn:aws:ecs:${var.region}:${var.account}:cluster/${var.name}" }
        }
      },
      {
        Sid    = "TunnelToTheDatabase"
        Effect = "Allow"
        Action = "ssm:StartSession"
        Resource = [
          "arn:aws:ecs:${var.region}:${var.account}:task/${var.name}/*",
          "arn:aws:ssm:${var.region}:*:document/AWS-StartPortForwardingSessionToRemoteHost",
        ]
      },
      {
        Sid      = "EndYourOwnSession"
        Effect   = "Allow"
        Action   = "ssm:TerminateSession"
        Resource = "arn:aws:ssm:${var.region}:${var.account}:session/$${aws:userid}-*"
      },
    ]
  })
}

# For who may stand at the worker's own host, where glass can be broken without a proof: few.
resource "aws_iam_policy" "host" {
  name = "${var.name}-host"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "FindTheTask"
        Effect   = "Allow"
        Action   = ["ecs:DescribeTasks", "ecs:ListTasks"]
        Resource = "*"
        Condition = {
          ArnEquals = { "ecs:cluster" = "arn:aws:ecs:${var.region}:${var.account}:cluster/${var.name}" }
        }
      },
      {
        Sid    = "CommandsInTheContainer"
        Effect = "Allow"
        Action = "ecs:ExecuteCommand"
        Resource = [
          "arn:aws:ecs:${var.region}:${var.account}:cluster/${var.name}",
          "arn:aws:ecs:${var.region}:${var.account}:task/${var.name}/*",
        ]
        Condition = { StringEquals = { "ecs:container-name" = "bot" } }
      },
    ]
  })
}
