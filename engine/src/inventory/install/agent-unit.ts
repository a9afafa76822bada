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

/** The unit that keeps the storage leases of a host, also while its agent is stopped or replaced. Guests depend on it. */
export const keepersUnit = (at: { node: string; program: string; config: string }): string => `[Unit]
Description=Rookery storage leases: guests depend on it
Before=rookery-agent.service
ConditionPathExists=${at.config}

[Service]
ExecStart=${at.node} --disable-warning=ExperimentalWarning ${at.program} keepers --config ${at.config}
Restart=always
RestartSec=1
KillMode=process

[Install]
WantedBy=multi-user.target
`
