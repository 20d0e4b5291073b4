# A network of its own: public subnets, since a NAT costs more than everything else here, and a security group into which
# nothing comes. Slack is reached by Socket Mode, people come by Session Manager, and both go out.

variable "name" {
  description = "What everything here is called."
  type        = string
}

variable "zones" {
  description = "Availability zones, one public subnet in each."
  type        = list(string)
}

variable "cidr" {
  description = "Addresses of the network."
  type        = string
  default     = "10.83.0.0/24"
}

variable "egress_ports" {
  description = "TCP ports on which the bot reaches providers: 443, and those of databases and caches that it rotates."
  type        = list(number)
  default     = [443]
}

resource "aws_vpc" "bot" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

# The group that comes with the network lets nothing through.
resource "aws_default_security_group" "nothing" {
  vpc_id = aws_vpc.bot.id
}

resource "aws_internet_gateway" "bot" {
  vpc_id = aws_vpc.bot.id
}

resource "aws_subnet" "public" {
  count = length(var.zones)

  vpc_id                  = aws_vpc.bot.id
  cidr_block              = cidrsubnet(var.cidr, 3, count.index)
  availability_zone       = var.zones[count.index]
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-public" }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.bot.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.bot.id
  }
}

resource "aws_route_table_association" "public" {
  count = length(var.zones)

  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

resource "aws_security_group" "bot" {
  name        = var.name
  description = "Nothing comes in"
  vpc_id      = aws_vpc.bot.id
}

resource "aws_vpc_security_group_egress_rule" "providers" {
  for_each = toset([for port in var.egress_ports : tostring(port)])

  security_group_id = aws_security_group.bot.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = tonumber(each.key)
  to_port           = tonumber(each.key)
}

output "vpc" {
  value = aws_vpc.bot.id
}

output "subnets" {
  value = aws_subnet.public[*].id
}

output "security_group" {
  value = aws_security_group.bot.id
}
