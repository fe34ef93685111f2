"""Pure rules: values in, values out; no clock, no net, no disk, no logger."""
