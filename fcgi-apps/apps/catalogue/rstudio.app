# RStudio Server is in no Debian release: name an image of your own here, and it is offered.
[app]
title = RStudio
title.ko = RStudio
help = R in your browser, with an editor, plots and packages.
help.ko = 편집기, 그림, 패키지와 함께 브라우저에서 쓰는 R입니다.
icon = rstudio
image =
port = 8787
ready = /
secret = env NARU_SECRET
gate = none
places = home scratch
tmpfs = /tmp /run /var/lib/rstudio-server
cpu = 0.1 1 8
memory = 512 2048 16384
gpus = 0 0 0
hours = 1 8 72
idle = cpu
idle-minutes = 240
