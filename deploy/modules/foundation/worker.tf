# The worker's role. Its policy is docs/policies/worker.json, of which the statements about the product are given to the
# role in the product's account (module `product`), and the rest to this one. The bot's own KMS keys have policies that name
# who may use them: nothing of them stands here.

locals {
  own = [
    "SettingsAndAdminCredentials", "EarlierAdminCredentialsAreRecognisedToo", "OwnKeysAtTheFirstStart", "StagingArea",
    "TierAndKeyOfAParameter",
  ]
  own_statements = [
    for s in jsondecode(replace(replace(file("${local.policies}/worker.json"), "REGION", var.region), "ACCOUNT", var.account)).Statement :
    s if contains(local.own, s.Sid)
  ]
  runbook_bucket = var.runbook == "" ? "" : split("/", var.runbook)[2]
  extras = concat(
    var.product_role == "" ? [] : jsondecode(replace(file("${local.policies}/assume-product.json"), "PRODUCT_ROLE_ARN", var.product_role)).Statement,
    var.reports_bucket == "" ? [] : jsondecode(replace(file("${local.policies}/reports-bucket.json"), "BUCKET", var.reports_bucket)).Statement,
    var.backups_bucket == "" ? [] : jsondecode(replace(file("${local.policies}/backups-bucket.json"), "BUCKET", var.backups_bucket)).Statement,
    var.runbook == "" ? [] : jsondecode(replace(file("${local.policies}/runbook-bucket.json"), "BUCKET", local.runbook_bucket)).Statement,
  )
}

resource "aws_iam_role" "worker" {
  name                 = "${var.name}-worker"
  max_session_duration = 3600
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [merge(
      { Effect = "Allow", Principal = { Service = var.service }, Action = "sts:AssumeRole" },
      var.service == "ecs-tasks.amazonaws.com" ? { Condition = { StringEquals = { "aws:SourceAccount" = var.account } } } : {},
    )]
  })
}

resource "aws_iam_role_policy" "worker" {
  name   = "worker"
  role   = aws_iam_role.worker.id
  policy = jsonencode({ Version = "2012-10-17", Statement = concat(local.own_statements, local.extras) })
}

# Session Manager and ECS Exec, in place of ssh. AWS's own AmazonSSMManagedInstanceCore would let the role read every
# parameter of the account.
resource "aws_iam_role_policy" "sessions" {
  name = "sessions"
  role = aws_iam_role.worker.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "SessionsOfPeople"
      Effect = "Allow"
      Action = concat(
        ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"],
        var.service == "ec2.amazonaws.com" ? ["ssm:UpdateInstanceInformation"] : [],
      )
      Resource = "*"
    }]
  })
}

# For the permission set or role of people at a terminal.
resource "aws_iam_policy" "responder" {
  name   = "${var.name}-responder"
  policy = replace(replace(file("${local.policies}/responder.json"), "REGION", var.region), "ACCOUNT", var.account)
}
