# Those without words are the foundation's and the network's, which say what each is.

variable "name" {
  type    = string
  default = "compromise-bot"
}

variable "account" {
  type = string
}

variable "region" {
  type = string
}

variable "zones" {
  description = "Two availability zones: RDS wants them."
  type        = list(string)
}

variable "image" {
  description = "Your image, by digest: REPOSITORY@sha256:… Empty for the first apply, which makes the repository."
  type        = string
  default     = ""

  validation {
    condition     = var.image == "" || can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "A tag can be moved: name the image by its digest."
  }
}

variable "architecture" {
  description = "Of the image: ARM64 or X86_64."
  type        = string
  default     = "ARM64"
}

variable "stop_first" {
  description = "Whether a deployment stops the old task before it starts the new one: for a release that changes the schema."
  type        = bool
  default     = false
}

variable "database_class" {
  description = "Class of the RDS instance."
  type        = string
  default     = "db.t4g.micro"
}

variable "standby" {
  description = "Whether the database has a standby in the second zone: a fail-over then loses nothing. Doubles its price."
  type        = bool
  default     = true
}

variable "database_days" {
  description = "For how many days RDS keeps backups. It restores to any moment but about the last five minutes."
  type        = number
  default     = 14
}

variable "egress_ports" {
  type    = list(number)
  default = [443]
}

variable "key_administrators" {
  type = list(string)
}

variable "responders" {
  type    = list(string)
  default = []
}

variable "product_role" {
  type    = string
  default = ""
}

variable "external_id" {
  type    = string
  default = ""
}

variable "secrets" {
  type    = list(string)
  default = ["slack-bot-token", "slack-app-token", "bot-pagerduty-routing-key"]
}

variable "settings" {
  type    = map(string)
  default = {}
}

variable "reports_bucket" {
  type    = string
  default = ""
}

variable "runbook" {
  type    = string
  default = ""
}

variable "on_call_email" {
  type = string
}

variable "log_days" {
  type    = number
  default = 400
}
