[app]
title = Redis
title.ko = Redis
help = A key-value store in memory, for your other apps and jobs. What it holds is gone when it stops.
help.ko = 다른 앱과 작업에서 쓰는 메모리 키-값 저장소입니다. 중지하면 내용은 없어집니다.
icon = redis
kind = service
image = localhost/naru-redis:12
port = 6379
secret = env NARU_SECRET
tmpfs = /tmp /run
cpu = 0.1 0.5 4
memory = 64 256 16384
gpus = 0 0 0
hours = 1 24 168
idle = none
test = A=%a bash -c 'exec 3<>/dev/tcp/%h/%p; printf "AUTH $A\r\nPING\r\nQUIT\r\n" >&3; cat <&3'
