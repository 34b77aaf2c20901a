# From deploy/systemd/gateway.service to the package's: its paths, and a user whose files can be looked at.
s|^ExecStart=.*|ExecStart=/usr/bin/gateway run --config /etc/gateway/gateway.yaml|
s|^WorkingDirectory=.*|WorkingDirectory=/var/lib/gateway|
s|^DynamicUser=yes|User=gateway\nGroup=gateway|
s|^# The gateway as a hardened service.*|# The gateway as a hardened service. It opens its ports itself; with gateway.socket enabled, systemd does, and a restart refuses no connection.|
/^Requires=gateway.socket/d
/^Sockets=gateway.socket/d
s|^# Nobody in particular, who may write one folder.|# A user of its own, who may write one folder.|
