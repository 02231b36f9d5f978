"""The settings of a campaign: one table of them, the file they stand in, and what is proposed to whoever begins one."""
