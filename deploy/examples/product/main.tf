provider "aws" {
  region              = "eu-central-1"
  allowed_account_ids = ["222222222222"]
}

module "product" {
  source = "../../modules/product"

  account          = "222222222222" # the product's
  region           = "eu-central-1"
  bot_account      = "111111111111"
  external_id      = "acme-compromise-bot"
  environments     = ["production", "staging", "development"]
  functions        = ["api", "worker", "notifications"]
  kms_keys         = ["arn:aws:kms:eu-central-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab"] # of the parameters; none for aws/ssm
  providers_in_use = ["aws-iam"]
}

output "product" {
  value = module.product
}
