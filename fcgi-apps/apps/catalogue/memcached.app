[app]
title = Memcached
title.ko = Memcached
help = A cache in memory, for your other apps and jobs. What it holds is gone when it stops.
help.ko = 다른 앱과 작업에서 쓰는 메모리 캐시입니다. 중지하면 내용은 없어집니다.
icon = memcached
kind = service
image = localhost/naru-memcached:12
port = 11211
secret = env NARU_SECRET
tmpfs = /tmp /run
cpu = 0.1 0.5 4
memory = 64 256 16384
gpus = 0 0 0
hours = 1 24 168
idle = none
test = A=%a bash -c 'exec 3<>/dev/tcp/%h/%p; printf "set auth 0 0 69\r\nnaru $A\r\nversion\r\nquit\r\n" >&3; cat <&3'
