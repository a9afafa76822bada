/** The unit by which systemd runs the agent of a host. Stopping it leaves what outlives an agent on purpose. */
export const agentUnit = (at: { node: string; program: string; config: string }): string => `[Unit]
Description=Rookery host agent
After=libvirtd.service network-online.target
Wants=libvirtd.service network-online.target
ConditionPathExists=${at.config}

[Service]
ExecStart=${at.node} --disable-warning=ExperimentalWarning ${at.program} --config ${at.config}
Restart=always
RestartSec=1
KillMode=process

[Install]
WantedBy=multi-user.target
`
