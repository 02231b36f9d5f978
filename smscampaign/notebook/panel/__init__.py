"""The panel: a campaign in a notebook that is clicked through, from a file to the answer."""
