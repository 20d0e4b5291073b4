# Names for secrets, without secrets. A write-only value goes into no state and no plan; with `value`, the provider would
# write what it reads at each refresh into the state, `ignore_changes` or not. It still decrypts to see that a parameter is
# there: who applies this can read them. With `secrets = []` they are made by hand, under the staging key, and cannot.

resource "aws_ssm_parameter" "secret" {
  for_each = toset(var.secrets)

  name             = "/bot/${each.key}"
  type             = "SecureString"
  key_id           = "alias/aws/ssm"
  value_wo         = "-"
  value_wo_version = 1

  lifecycle {
    ignore_changes = [description, key_id, tier, value_wo, value_wo_version]
  }
}
