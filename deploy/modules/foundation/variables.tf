variable "name" {
  description = "What everything here is called, or begins with."
  type        = string
  default     = "compromise-bot"
}

variable "account" {
  description = "Id of the bot's own AWS account, twelve digits."
  type        = string
}

variable "region" {
  description = "Region of the bot, which is the product's too."
  type        = string
}

variable "service" {
  description = "Which service the worker's role is for: ec2.amazonaws.com or ecs-tasks.amazonaws.com."
  type        = string
}

variable "key_administrators" {
  description = "ARNs of the roles that manage both KMS keys. They do not decrypt. The role that applies this has to be one of them."
  type        = list(string)
}

variable "responders" {
  description = "ARNs of the roles of people at a terminal: they hand over values that they cannot read back."
  type        = list(string)
  default     = []
}

variable "product_role" {
  description = "ARN of the role in the product's account. Empty until the module `product` has made it."
  type        = string
  default     = ""
}

variable "external_id" {
  description = "The external id that this role's trust policy asks for."
  type        = string
  default     = ""
}

variable "secrets" {
  description = "Names below /bot/ of the SecureStrings to make, each empty (a dash). Empty list: make them by hand, under the staging key."
  type        = list(string)
  default     = ["slack-bot-token", "slack-app-token", "bot-pagerduty-routing-key"]
}

variable "settings" {
  description = "The bot's settings that are no secrets, by variable, such as BOT_SECURITY_CHANNEL."
  type        = map(string)
  default     = {}
}

variable "reports_bucket" {
  description = "Name of the bucket to make for reports. Object Lock keeps each version. Empty: none."
  type        = string
  default     = ""
}

variable "backups_bucket" {
  description = "Name of the bucket to make for the backup of each minute. Empty: none."
  type        = string
  default     = ""
}

variable "runbook" {
  description = "Where the runbook for hands is written each day, s3://BUCKET/KEY, in an account that is neither this one nor Slack's. Empty: nowhere."
  type        = string
  default     = ""
}

variable "on_call_email" {
  description = "Who is told by e-mail of each alarm. An https address of a pager holds a key, so it is subscribed by hand."
  type        = string
}

variable "log_days" {
  description = "For how many days CloudWatch keeps the bot's log."
  type        = number
  default     = 400
}
