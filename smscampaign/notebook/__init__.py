"""The views of a campaign, its plan and its run: they open journals, draw progress and give pages and DataFrames."""

from smscampaign import ways
from smscampaign.campaign.keywords import in_python

#: An account as Python opens it: errors speak of keywords where the command's speak of options.
ovhcloud = in_python()(ways.ovhcloud)

#: The same, by the word that OVHcloud's guides begin with.
connect = ovhcloud
