# What follows runs once, when the instance is made. IMAGE, REGION, LOG_GROUP, VOLUME, ENVIRONMENT and MINUTE stand above.
set -euo pipefail
umask 077

dnf install -y -q docker
systemctl enable --now docker

# The disk with the event log. It is formatted only if it has never been.
disk="/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${VOLUME/-/}"
until [[ -e "$disk" ]]; do sleep 2; done
blkid "$disk" >/dev/null || mkfs.xfs -q "$disk"
mkdir -p /var/lib/compromise-bot
echo "$disk /var/lib/compromise-bot xfs nodev,nosuid,noexec 0 2" >>/etc/fstab
mount /var/lib/compromise-bot
chown 10001:10001 /var/lib/compromise-bot

mkdir -p /etc/compromise-bot
printf '%s\n' "$ENVIRONMENT" >/etc/compromise-bot/env
printf '%s\n' "$MINUTE" >/etc/compromise-bot/minute.py
chmod 644 /etc/compromise-bot/minute.py
chmod 711 /etc/compromise-bot

# The repository's registry; the instance's role may read this one image.
aws ecr get-login-password --region "$REGION" | docker login --username AWS --password-stdin "${IMAGE%%/*}"
docker pull -q "$IMAGE"

# On the host's network, so that the container needs no second hop to the metadata service, and health stays on loopback.
options="--rm --network host --read-only --tmpfs /tmp:rw,noexec,nosuid,size=256m --cap-drop ALL
    --security-opt no-new-privileges --pids-limit 512 --env-file /etc/compromise-bot/env
    --volume /var/lib/compromise-bot:/var/lib/compromise-bot
    --log-driver awslogs --log-opt awslogs-region=$REGION --log-opt awslogs-group=$LOG_GROUP"

unit() { # NAME AFTER COMMAND…
    local name="$1" after="$2"
    shift 2
    cat >"/etc/systemd/system/$name.service" <<UNIT
[Unit]
Description=$name
Requires=docker.service
After=docker.service network-online.target $after
RequiresMountsFor=/var/lib/compromise-bot

[Service]
ExecStartPre=-/usr/bin/docker rm --force $name
ExecStart=/usr/bin/docker run --name $name $(tr -s '\n ' ' ' <<<"$options") --log-opt awslogs-stream=$name $*
ExecStop=/usr/bin/docker stop --time 30 $name
Restart=always
RestartSec=5
TimeoutStopSec=40

[Install]
WantedBy=multi-user.target
UNIT
}

unit compromise-bot '' --no-healthcheck "$IMAGE" serve
unit compromise-bot-minute compromise-bot.service --no-healthcheck \
    --env TMPDIR=/var/lib/compromise-bot --volume /etc/compromise-bot/minute.py:/minute.py:ro --entrypoint python "$IMAGE" -I /minute.py
systemctl daemon-reload
systemctl enable --now compromise-bot compromise-bot-minute
