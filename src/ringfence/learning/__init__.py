"""From history and dispositions to a model in force: data sets, training, evaluation, registry, drift."""
