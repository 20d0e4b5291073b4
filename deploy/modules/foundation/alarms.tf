# What is told to people without the bot. Beside the bot a small program (deploy/minute.py) writes a line of JSON into the
# log each minute; CloudWatch makes metrics of it, and alarms of their values, or of their absence.

locals {
  metrics = {
    Beat     = "$.beat"     # 1: the program beside the bot runs
    Works    = "$.works"    # 1: the worker comes round and can work
    Ready    = "$.ready"    # 1: /readyz has nothing to say
    Database = "$.database" # 1: the event log answers
    Backup   = "$.backup"   # 1: this minute's backup has arrived
  }
  # Minutes for which a value may be under 1 before people are told; missing data counts as such.
  alarms = merge(
    {
      dead     = { metric = "Beat", minutes = 3, said = "Nothing is heard of the bot at all: neither of it nor of what watches it. It does not page by itself now. See: when things are down." }
      leader   = { metric = "Works", minutes = 2, said = "No worker of the bot has worked for two minutes: nothing is revoked, and no deadline fires." }
      database = { metric = "Database", minutes = 2, said = "The bot cannot reach its event log." }
      ready    = { metric = "Ready", minutes = 10, said = "Something has been missing for ten minutes: /readyz says what." }
    },
    var.backups_bucket == "" ? {} : {
      backup = { metric = "Backup", minutes = 10, said = "No backup of the event log has arrived for ten minutes: what happens now would be lost with the disk." }
    },
  )
}

resource "aws_cloudwatch_log_group" "bot" {
  name              = "/${var.name}"
  retention_in_days = var.log_days
}

resource "aws_cloudwatch_log_metric_filter" "minute" {
  for_each = local.metrics

  name           = each.key
  log_group_name = aws_cloudwatch_log_group.bot.name
  pattern        = "{ ${each.value} = * }"

  metric_transformation {
    namespace = var.name
    name      = each.key
    value     = each.value
  }
}

resource "aws_cloudwatch_log_metric_filter" "starts" {
  name           = "Starts"
  log_group_name = aws_cloudwatch_log_group.bot.name
  pattern        = "{ $.event = \"serving health and metrics\" }"

  metric_transformation {
    namespace = var.name
    name      = "Starts"
    value     = "1"
  }
}

resource "aws_sns_topic" "on_call" {
  name = "${var.name}-on-call"
}

resource "aws_sns_topic_subscription" "email" {
  topic_arn = aws_sns_topic.on_call.arn
  protocol  = "email"
  endpoint  = var.on_call_email
}

resource "aws_cloudwatch_metric_alarm" "minute" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.said
  namespace           = var.name
  metric_name         = each.value.metric
  statistic           = "Maximum" # during a deployment two tasks speak: one that works is enough
  period              = 60
  evaluation_periods  = each.value.minutes
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.on_call.arn]
  ok_actions          = [aws_sns_topic.on_call.arn]
}

resource "aws_cloudwatch_metric_alarm" "restarts" {
  alarm_name          = "${var.name}-restarts"
  alarm_description   = "The bot has started three times within a quarter of an hour: it does not stay up."
  namespace           = var.name
  metric_name         = "Starts"
  statistic           = "Sum"
  period              = 900
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.on_call.arn]
}
