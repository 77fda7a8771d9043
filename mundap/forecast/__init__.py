"""What the trainer will do, told before it does it: rows, cuts, steps, trained parameters, memory and time.

    forecast.forecasts(recipes)           one Forecast for each train recipe; asks LLaMA-Factory's own code, once
    announce.before_training(recipe)      the same in a few lines, for a training that is about to start; never raises

Rows and tokens come from LLaMA-Factory's converter, template and packing in a child process (rows.py, probe.py);
steps.py, parameters.py, memory.py and duration.py are arithmetic whose formulas and sources stand at their heads.
findings.py says what is wrong or worth a warning, words.py prints. No model is loaded and no hub asked.
"""
