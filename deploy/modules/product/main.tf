# In the product's account: the role by which the bot reads and rotates the product's secrets. Its policy is what
# docs/policies/worker.json says of the product, for the providers in use.

variable "name" {
  description = "What the role is called."
  type        = string
  default     = "compromise-bot"
}

variable "account" {
  description = "Id of the product's account."
  type        = string
}

variable "region" {
  description = "Region of the product, which is the bot's too."
  type        = string
}

variable "bot_account" {
  description = "Id of the bot's account."
  type        = string
}

variable "bot_worker" {
  description = "Name of the worker's role there."
  type        = string
  default     = "compromise-bot-worker"
}

variable "external_id" {
  description = "A text of your own that the bot has to name. It is no secret."
  type        = string
}

variable "environments" {
  description = "The environments whose parameters the bot may rotate: /ENVIRONMENT/…"
  type        = list(string)
  default     = ["production", "staging", "development"]
}

variable "functions" {
  description = "The Lambda functions that read secrets, by name."
  type        = list(string)
  default     = []
}

variable "kms_keys" {
  description = "ARNs of the KMS keys under which the parameters are; none for aws/ssm."
  type        = list(string)
  default     = []
}

variable "providers_in_use" {
  description = "The catalog's providers that need rights of AWS: aws-iam."
  type        = list(string)
  default     = []
}

variable "user_prefix" {
  description = "Access keys are rotated, and sessions ended, only for users and roles whose names begin so."
  type        = string
  default     = "product-"
}

variable "who_can_read" {
  description = "Whether the bot may look at the account's users, roles and policies, for departures and for a leaked AWS key."
  type        = bool
  default     = true
}

locals {
  policies        = "${path.module}/../../../docs/policies"
  arn             = "${var.region}:${var.account}"
  users_and_roles = [for kind in ["role", "user"] : "arn:aws:iam::${var.account}:${kind}/${var.user_prefix}*"]
  boundary        = "arn:aws:iam::${var.account}:policy/${var.name}-product-boundary"

  # Which statements: for everybody, and by what is in use.
  wanted = concat(
    ["SecretsOfTheProduct", "TierAndKeyOfAParameter", "WhoReadTheSecrets"],
    length(var.kms_keys) == 0 ? [] : ["KeysOfParametersThroughParameterStoreOnly"],
    length(var.functions) == 0 ? [] : ["FunctionsThatReadTheSecrets"],
    contains(var.providers_in_use, "aws-iam") ? ["AccessKeysOfTheProduct", "SessionsOfALeakedAccessKeyUnderABoundary", "WhatAnAttackerMayHaveLeftInIam"] : [],
    var.who_can_read ? ["WhoCanReadTheSecrets"] : [],
  )
  resources = {
    SecretsOfTheProduct                       = [for each in var.environments : "arn:aws:ssm:${local.arn}:parameter/${each}/*"]
    KeysOfParametersThroughParameterStoreOnly = var.kms_keys
    FunctionsThatReadTheSecrets               = flatten([for each in var.functions : ["arn:aws:lambda:${local.arn}:function:${each}", "arn:aws:lambda:${local.arn}:function:${each}:*"]])
    AccessKeysOfTheProduct                    = local.users_and_roles
    SessionsOfALeakedAccessKeyUnderABoundary  = local.users_and_roles
  }
  named    = replace(file("${local.policies}/worker.json"), "PRODUCT_BOUNDARY", "${var.name}-product-boundary")
  document = replace(replace(local.named, "REGION", var.region), "ACCOUNT", var.account)
  statements = [
    for s in jsondecode(local.document).Statement :
    merge(s, try({ Resource = local.resources[s.Sid] }, {})) if contains(local.wanted, s.Sid)
  ]
  trust = replace(replace(replace(file("${local.policies}/product-trust.json"), "BOT_ACCOUNT", var.bot_account), "BOT_WORKER", var.bot_worker), "EXTERNAL_ID", var.external_id)
}

resource "aws_iam_role" "bot" {
  name                 = var.name
  max_session_duration = 3600
  assume_role_policy   = local.trust
}

resource "aws_iam_role_policy" "bot" {
  name   = "worker"
  role   = aws_iam_role.bot.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

# The permissions boundary of the product's users and roles: sessions of a leaked access key are ended by a policy on its
# user or role, and a policy can also grant. Under this one it grants nothing of IAM, of the organisation, or of the bot.
resource "aws_iam_policy" "boundary" {
  count = contains(var.providers_in_use, "aws-iam") ? 1 : 0

  name = "${var.name}-product-boundary"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "WhatTheirPoliciesSay", Effect = "Allow", NotAction = ["account:*", "iam:*", "organizations:*", "sso:*", "sts:AssumeRole"], Resource = "*" },
    ]
  })
}

output "role" {
  description = "ARN of the role: `product_role` of the other modules."
  value       = "arn:aws:iam::${var.account}:role/${aws_iam_role.bot.name}"
}

output "boundary" {
  description = "ARN of the boundary to set on the product's users and roles, where aws-iam is in use."
  value       = local.boundary
}
