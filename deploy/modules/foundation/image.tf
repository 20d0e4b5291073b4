# The image with your catalog and people file, under a digest that nobody can move.
resource "aws_ecr_repository" "bot" {
  name                 = var.name
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }
}
