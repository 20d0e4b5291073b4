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

variable "zone" {
  description = "Availability zone of the instance and of its disk."
  type        = string
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

variable "instance_type" {
  description = "One with an ARM processor, if the image is built for arm64."
  type        = string
  default     = "t4g.micro"
}

variable "ami" {
  description = "Amazon Linux 2023. Empty: the newest at the first apply; `terraform apply -replace` takes the newest again."
  type        = string
  default     = ""
}

variable "disk_gigabytes" {
  description = "Size of the disk with the event log."
  type        = number
  default     = 8
}

variable "backups_bucket" {
  description = "Name of the bucket to make for the backup of each minute."
  type        = string
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
