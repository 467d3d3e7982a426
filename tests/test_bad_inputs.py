"""What users get wrong, as a table: the input, and words of the one sentence that answers it.

A command ends with exit code 2 and that sentence on standard error, no traceback, and has written nothing; a call of
the library raises a ValueError with it. Files of problems and checkpoints that were tampered with have tables of their
own: tests/<problem>/test_formats.py and tests/agents.
"""

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.ppo import PPO
from agents.sb3_env import DispatchVecEnv
from baselines.play import play, rule_scores
from envs import PROBLEMS, load_problem
from envs.core import schedules
from envs.core.datasets import resolve
from envs.core.env import DispatchEnv
from envs.core.parts import parts
from envs.core.vector import DispatchVectorEnv
from envs.jobshop.formats import load, save
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.verify import COLUMNS
from experiments import demo, evaluate, report, speed, train, verify
from experiments.train import train as train_agent
from experiments.training.agent import load_agent
from experiments.training.settings import GRPOSettings, PPOSettings, Train

MAINS = {module.__name__.rpartition(".")[2]: module.main for module in (demo, evaluate, report, speed, train, verify)}

HUGE = 10**12
LONG = "9" * 5000
COMMANDS = [
    ("evaluate", "Name a problem first: python -m experiments.evaluate PROBLEM, where PROBLEM is one of jobshop"),
    ("evaluate soc --instances topcuoglu --methods greedy_pilot", "greedy_pilot needs lookahead=pilot, not none"),
    ("evaluate soc --instances heft --lookahead completion", "lookahead is 'completion', which is called 'pilot' now"),
    (
        "evaluate soc --instances topcuoglu --methods completion",
        "method is 'completion', which is called 'greedy_pilot'",
    ),
    ("evaluate soc --instances topcuoglu --methods pilot:completion", "which is called 'greedy_pilot' now: write"),
    ("evaluate soc --instances topcuoglu --methods completion@2", "called 'greedy_pilot' now: write 'greedy_pilot'."),
    ("evaluate jobshp --instances ft06", "There is no problem 'jobshp': the nearest is 'jobshop'."),
    ("evaluate no.such:queue", "'no.such', which should register the problem 'queue', fails: ModuleNotFoundError"),
    ("evaluate .queue:queue", "'.queue', which should register the problem 'queue', fails: TypeError"),
    ("evaluate :queue", "'', which should register the problem 'queue', fails: ValueError"),
    ("evaluate json:qeue", "There is no problem 'qeue'"),
    ("evaluate jobshop", "Missing from python -m experiments.evaluate jobshop: --instances"),
    ("evaluate jobshop --instances taillrd", "the nearest is 'taillard'"),
    ("evaluate jobshop --instances ta99", "the nearest are 'ta79', 'ta69', 'ta59'."),
    ("evaluate jobshop --instances no/such.json", "no/such.json: there is no such file."),
    ("evaluate jobshop --instances ft06 --methods mwkx", "'mwkx' is no rule, solver or run directory of jobshop"),
    ("evaluate jobshop --instances ft06 --methods runs/none", "There is no run directory or checkpoint runs/none."),
    ("evaluate jobshop --instances ft06 --sheme active", "There is no option '--sheme': the nearest are '--scheme'"),
    ("evaluate jobshop --instances ft06 --scheme actve", "invalid choice 'actve' for argument '--scheme'."),
    ("evaluate jobshop --instances ft06 --seconds soon", "--seconds is 'soon', but must be a number."),
    ("evaluate jobshop --instances ft06 --samples 0", "samples are 0, but must be at least 1 and at most 1,000,000."),
    ("evaluate jobshop --instances ft06 --methods spt@0 --samples 2", "The temperature of spt@0 is 0, but"),
    ("evaluate jobshop --instances ft06 --temperature nan", "temperature is nan, but must be finite and more than"),
    ("evaluate jobshop --instances ft06 --methods mwkr@1.2.3", "'mwkr@1.2.3' ends in no temperature: write it as"),
    ("evaluate jobshop --instances ft06 --methods cp_sat@2", "but cp_sat is not sampled: leave @2 out."),
    (
        "evaluate jobshop --instances ft06 --methods pilot:pilot:cp_sat",
        "'pilot:pilot:cp_sat' is no method: pilot: tries",
    ),
    ("evaluate jobshop --instances ft06 --methods pilot:both:mwkr", "'pilot:both:mwkr' is no method: pilot: tries out"),
    ("evaluate jobshop --instances ft06 --methods both:both:spt", "'both:both:spt' is no method: both: plays each"),
    ("evaluate jobshop --instances ft06 --methods pilot:cp_sat", "is no method: pilot: tries out a rule"),
    ("evaluate jobshop --instances ft06 --methods both:", "'both:' is no method: name a rule, a solver or a run"),
    ("evaluate jobshop --instances ft06 --methods mwkr --device gpu", "The device is 'gpu', but must be cpu or"),
    ("evaluate jobshop --instances ft06 --seconds -1", "seconds is -1, but must be finite and more than 0."),
    ("evaluate jobshop --instances ft06 --workers 0", "workers is 0, but must be at least 1 and at most 10,000."),
    ("evaluate jobshop --instances ft06 --output .", ". cannot be written, for it is a folder: name another file"),
    ("evaluate jobshop --instances ft06 --schedules /dev/null", "for /dev/null is no folder: name another."),
    ("evaluate jobshop --instances ft06 --methods cp_sat --seconds 0", "seconds is 0, but must be"),
    ("evaluate jobshop --instances ft06 --gantt x.exe", "name a .png, .svg or .pdf file."),
    ("evaluate jobshop --instances ft06 --output /dev/null/x.csv", "for /dev/null is no folder: name another."),
    ("evaluate jobshop --instances", "--instances has no value: write one or more behind it, or leave it out."),
    ("evaluate jobshop --instances ft06 --methods", "--methods has no value: write one or more behind it, or leave"),
    (
        "evaluate jobshop --instances ft06 --instances=ft10",
        "--instances stands there 2 times: write all of its values behind one.",
    ),
    ("evaluate jobshop --instances ft06 --seed 1 --seed 2", "--seed stands there 2 times: write it once."),
    ("evaluate jobshop --instances ft06 --skip_forced True --skip-forced False", "--skip-forced stands there 2 times"),
    ("evaluate jobshop --instances ''", "'' is neither a set of jobshop nor a file"),
    ("evaluate jobshop --instances 'a\nb.txt'", "a b.txt: there is no such file."),
    ("evaluate jobshop --instances 'a\0b.txt'", "The name of a file has a zero byte in it: write another."),
    ("evaluate jobshop --instances /dev/zero", "/dev/zero: the file is longer than 268,435,456 bytes."),
    ("evaluate jobshop --instances ²", "'²' is neither a set of jobshop nor a file"),
    ("evaluate jobshop --instances random:2x2:²:1", "is no finite random set"),
    (f"evaluate jobshop --instances random:2x2:{LONG}:1", "A number has thousands of digits: name a smaller one."),
    (f"evaluate jobshop --instances {'x' * 300}.txt", "File name too long"),
    (f"evaluate jobshop --instances ft06 --output {'x' * 300}.csv", "File name too long"),
    ("evaluate jobshop --instances ft06 --output /dev/full", "/dev/full cannot be written, for it is no regular file"),
    ("evaluate jobshop --instances folder", "folder is a folder: write folder/* for the files in it"),
    ("evaluate jobshop --instances 'no*.json'", "no file matches 'no*.json'"),
    ("evaluate jobshop --instances empty.txt", "empty.txt: the file is empty"),
    ("evaluate jobshop --instances blank.txt", "blank.txt: the file is empty"),
    ("evaluate jobshop --instances binary.txt", "binary.txt: this is no text file"),
    (
        "evaluate jobshop --instances deep.json",
        "deep.json: this JSON has numbers that are too long or lists that are too deep",
    ),
    (
        "evaluate jobshop --instances long.json",
        "long.json: this JSON has numbers that are too long or lists that are too deep",
    ),
    (
        "evaluate jobshop --instances list.json",
        "list.json: there is no `jobs`, but an object has jobs, machines, data.",
    ),
    ("evaluate jobshop --instances number.json", "number.json: there is no `jobs`, but an object has"),
    ("evaluate jobshop --instances torn.json", "torn.json, line 1: this is not JSON"),
    ("evaluate jobshop --instances nan.json", "nan.json: entry 0 of data: job 0, operation 0: duration"),
    ("evaluate jobshop --instances wide.json", "machine 99999999999 is above 0"),
    ("evaluate jobshop --instances large.json", "duration 99999999999999999999 is above 90071992"),
    ("evaluate jobshop --instances prose.txt", "prose.txt, line 1: 'three' begins none of the formats"),
    ("evaluate jobshop --instances tardy.json", "tardy.json: there is no `jobs`, but an object has"),
    ("evaluate jobshop --instances random:5x5", "'random:5x5' is no finite random set: write random:SIZES:COUNT:SEED"),
    ("evaluate jobshop --instances random:5x5:1000000000:0", "1000000000 instances would take "),
    ("evaluate jobshop --instances random:5x5:0:0", "is no finite random set"),
    ("evaluate jobshop --instances random:5x5:-1:0", "is no finite random set"),
    ("evaluate jobshop --instances random:5x5:1:-1", "is no finite random set"),
    ("evaluate jobshop --instances random:5x5:1e3:0", "is no finite random set"),
    ("evaluate jobshop --instances random:5x:1:0", "'5x' is no size of job shops"),
    ("evaluate jobshop --instances random:9x9..5x5:1:0", "run backwards: write the smallest first"),
    ("evaluate jobshop --instances random:100000x100000:1:0", "of memory, but there are"),
    ("evaluate jobshop --instances random:99999999999999999999x3:1:0", "is no size of job shops: write JOBSxMACHINES"),
    ("evaluate jobshop --instances taillard:15x16", "has no job shops of the size '15x16': its sizes are"),
    ('evaluate jobshop --instances "ft06 "', "is neither a set of jobshop nor a file"),
    ("evaluate tardiness --instances random:0:1:0", "'0' is no size of instances: write JOBS, as in 20"),
    ("evaluate tardiness --instances random:1000000000000:1:0", "'1000000000000' is no size of instances"),
    ("evaluate tardiness --instances discover:7", "'discover' has no instances of the size '7'"),
    ("evaluate soc --instances random:1000000000x3x1:1:0", "'1000000000x3x1' is no kind of random jobs"),
    ("evaluate soc --instances random:20,noise=nan:1:0", "noise is 'nan', but must be a number from 0 on"),
    ("evaluate soc --instances random:20,noise=-1:1:0", "noise is '-1', but must be a number from 0 on"),
    ("evaluate soc --instances random:20,nois=1:1:0", "an unknown parameter 'nois': the nearest is 'noise'"),
    (
        "evaluate blocking_jobshop --instances ft06:shutdwn=0.1",
        "an unknown parameter 'shutdwn': the nearest is 'shutdown'",
    ),
    (
        "evaluate blocking_jobshop --instances ft06:shutdown=1",
        "shutdown is '1', but must be a number from 0 to below 1",
    ),
    (
        "evaluate blocking_jobshop --instances random:3x3,swap=no:1:0",
        "swap is 'no', but must be allowed or not_allowed",
    ),
    ("evaluate jobshop --instances ft06 --methods ''", "'' is no method: name a rule, a solver or a run directory."),
    (
        "evaluate jobshop --instances ft06 --methods mwkr@nan",
        "'mwkr@nan' is no rule, solver or run directory of jobshop",
    ),
    ("evaluate jobshop --instances ft06 --methods mwkr@1e400", "The temperature of mwkr@1e400 is inf"),
    ("evaluate jobshop --instances ft06 --methods mwkr@-1", "The temperature of mwkr@-1 is -1"),
    ("evaluate jobshop --instances ft06 --methods folder/", "folder is no run directory: it has no config.json"),
    ("evaluate jobshop --instances ft06 --methods ./binary.txt", "binary.txt is no checkpoint"),
    ("evaluate jobshop --instances ft06 --methods ./empty.txt", "empty.txt is no checkpoint"),
    (
        "evaluate jobshop --instances ft06 --samples 1000000000000",
        "samples are 1000000000000, but must be at least 1 and at most 1,000,000.",
    ),
    ("evaluate jobshop --instances ft06 --samples 1.5", "--samples is '1.5', but must be a whole number."),
    ("evaluate jobshop --instances ft06 --samples", "--samples has no value: write one or more behind it"),
    ("evaluate jobshop --instances ft06 --seconds inf", "seconds is inf, but must be finite and more than 0."),
    ("evaluate jobshop --instances ft06 --seconds nan", "seconds is nan, but must be finite and more than 0."),
    (
        "evaluate jobshop --instances ft06 --workers 1000000000 --methods cp_sat",
        "workers is 1000000000, but must be at least 1",
    ),
    ("evaluate jobshop --instances ft06 --seed -1", "seed is -1, but must be at least 0."),
    ("evaluate jobshop --instances ft06 --seed one", "--seed is 'one', but must be a whole number."),
    ("evaluate jobshop --instances ft06 --skip-forced maybe", "invalid choice 'maybe' for argument '--skip-forced'"),
    ("evaluate jobshop --instances ft06 --output folder", "folder cannot be written, for it is a folder"),
    ("evaluate jobshop --instances ft06 --output table.csv", "table.csv has other columns than this command"),
    ("evaluate jobshop --instances ft06 --output binary.txt", "binary.txt has other columns than this"),
    ("evaluate jobshop --instances ft06 --output ''", ". cannot be written, for it is a folder"),
    ("evaluate jobshop --instances ft06 --gantt folder", "folder is no picture that can be drawn: name a"),
    ("evaluate jobshop --instances ft06 --schedules shop.json", "for shop.json is no folder: name another."),
    ("evaluate jobshop --instances ft06 --device cuda:7", "The device is 'cuda:7', but must be cpu or cuda."),
    ("evaluate jobshop --instances ft06 ft06x", "'ft06x' is neither a set of jobshop nor a file: the nearest"),
    ("train soc --lookahead=completion", "lookahead is 'completion', which is called 'pilot' now: write 'pilot'."),
    ("evaluate blocking_jobshop --instances ft07", "'ft07' is neither a set of blocking_jobshop nor a file"),
    ("evaluate blocking_jobshop --instances ta:16x16", "'ta' has no job shops of the size '16x16': its sizes are"),
    ("evaluate blocking_jobshop --instances ft06:swap=no", "swap is 'no', but must be allowed or not_allowed"),
    ("evaluate blocking_jobshop --instances ft06:shutdown=nan", "shutdown is 'nan', but must be a number from 0 to"),
    (
        "evaluate blocking_jobshop --instances ft06:seed=3",
        "has a seed of failures, but no failures: write shutdown=0.05",
    ),
    ("evaluate blocking_jobshop --instances ft06:shutdown=0.1:seed=9..1", "but a range runs upwards and has at most"),
    ("evaluate blocking_jobshop --instances ft06:shutdown=0.1:seed=x", "seed is 'x', but must be a whole number or a"),
    (
        "evaluate blocking_jobshop --instances ft06:shutdown=0.1:downtime=0",
        "downtime is '0', but must be a whole number",
    ),
    ("evaluate blocking_jobshop --instances ft06:shutdown=0.1:repair=0", "repair is '0', but must be a number above 0"),
    (
        "evaluate blocking_jobshop --instances ft06:shutdown=0.1:shutdown=0.2",
        "gives a parameter twice: each stands once",
    ),
    ("evaluate blocking_jobshop --instances random:5x5,seed=3:1:0", "draw the seed of their failures themselves"),
    ("evaluate blocking_jobshop --instances random:5x5,shutdown=0.2..0.1:1:0", "the range of shutdown runs backwards"),
    ("evaluate blocking_jobshop --instances random:5x:1:0", "'5x' is no size of job shops: write JOBSxMACHINES"),
    ("evaluate blocking_jobshop --instances random:100000x100000:1:0", "of memory, but there are"),
    ("evaluate blocking_jobshop --instances no/such.json", "no/such.json: there is no such file."),
    ("evaluate blocking_jobshop --instances large.json", "duration 99999999999999999999 is above 90071992"),
    (
        "evaluate blocking_jobshop --instances ft06 --methods spt_cap",
        "spt_cap needs view=events, not order: add --view",
    ),
    ("evaluate blocking_jobshop --instances ft06 --methods list_pilot", "list_pilot needs lookahead=pilot, not none"),
    ("evaluate blocking_jobshop --instances ft06 --methods sptcap", "'sptcap' is no rule, solver or run directory"),
    (
        "evaluate blocking_jobshop --instances ft06:shutdown=0.1 --methods cp_sat",
        "but the machines of ft06:shutdown=0.1",
    ),
    (
        "evaluate blocking_jobshop --instances ft06:shutdown=0.1 --methods both:spt",
        "has machines that can fail, and what",
    ),
    (
        "evaluate blocking_jobshop --instances ft06:shutdown=0.1:failures=busy --methods clairvoyant",
        "clairvoyant knows failures on the calendar alone, not such as come with use: leave failures=busy out.",
    ),
    (
        "evaluate blocking_jobshop --instances ft06:shutdown=0.1:failures=busy --methods replan",
        "replan knows failures on the calendar alone",
    ),
    ("train blocking_jobshop --instances ft06:shutdown=0.1", "ft06 is for tests: an agent that has trained on it"),
    ("train blocking_jobshop --instances random:3x3 --guide 5", "guide is 5, but there is no look-ahead to follow"),
    ("train blocking_jobshop --scheme active", "invalid choice 'active' for argument '--scheme'."),
    ("train blocking_jobshop --view time", "invalid choice 'time' for argument '--view'."),
    (
        "verify blocking_jobshop --instances ft06 --schedule plan.json",
        "is a schedule of the problem jobshop, not of blocking_jobshop",
    ),
    ("train jobshop --instances random:3x3 --guide 5", "guide is 5, but there is no look-ahead to follow"),
    ("train jobshop --instances taillard:15x15", "taillard is for tests: an agent that has trained on it"),
    ("train jobshop --instances ft06", "ft06 is for tests"),
    ("train jobshop --validation la01", "la01 is for tests"),
    ("train jobshop --learning-rate fast", "'fast' is no schedule"),
    ("train jobshop --learning-rate linear:1e-3:-1", "its numbers must be finite and at least 0."),
    ("train jobshop --clip-range nan", "clip_range is wrong: constant:nan is no schedule"),
    ("train jobshop --algorithm d3s --sample-keep 0", "sample_keep is 0.0, but must be a share above 0"),
    ("train jobshop --algorithm d3s --decision-keep -1", "decision_keep is wrong: constant:-1.0 is no schedule"),
    ("train jobshop --algorithm d3s --ema 1", "ema is 1.0, but must be at least 0 and below 1."),
    ("train jobshop --algorithm gspo --n-epochs 4", "gspo does not use n_epochs, a setting of ppo: leave it out."),
    ("train jobshop --algorithm grpo --num-envs 4", "grpo does not use num_envs, a setting of ppo: leave it out."),
    ("train jobshop --group-size 8", "ppo does not use group_size, a setting of grpo and others: leave it"),
    ("train jobshop --lookahead pilot --guide inf", "guide is inf, but must be finite and at least 0."),
    ("train jobshop --gae-lambda nan", "gae_lambda is nan, but must be from 0 to 1."),
    ("train jobshop --gae-lambda 7", "gae_lambda is 7.0, but must be from 0 to 1."),
    ("train jobshop --ent-coef nan", "ent_coef is nan, but must be finite and at least 0."),
    ("train jobshop --device tpu", "The device is 'tpu', but must be cpu or cuda."),
    ("train jobshop --timesteps 9 --cpu-seconds 9", "There are two budgets"),
    ("train jobshop --resume runs/a --run-dir runs/b", "A resumed run stays in runs/a: leave --run-dir out."),
    ("train jobshop --algorithm dqn", "There is no algorithm 'dqn': there are ppo, grpo, pomo"),
    ("train jobshop --resume runs/none", "There is no run directory runs/none."),
    ("train jobshop --timesteps 9 --timesteps=10", "--timesteps stands there 2 times: write it once."),
    ("train jobshop --algorithm ppo --algorithm grpo", "--algorithm stands there 2 times: write it once."),
    ("speed jobshop --only", "--only has no value: write one or more behind it, or leave it out."),
    ("speed jobshop --instances", "--instances has no value: write one or more behind it, or leave it out."),
    ("train jobshop --timesteps 0", "timesteps is 0, but must be a whole number from 1 on."),
    ("train jobshop --algorithm", "There is no algorithm ''"),
    ("train jobshop --algorithm=PPO", "There is no algorithm 'PPO'"),
    ("train jobshop --instances random:100000x100000", "of memory, but there are"),
    ("train jobshop --instances random:", "'' is no size of job shops"),
    (
        "train jobshop --instances deep.json",
        "deep.json: this JSON has numbers that are too long or lists that are too deep",
    ),
    ("train jobshop --instances folder", "folder is a folder"),
    ("train jobshop --validation no.json", "no.json: there is no such file"),
    ("train jobshop --num-envs 1000000000", "of memory, but there are"),
    ("train jobshop --num-envs 0", "num_envs is 0, but must be a whole number from 1 on."),
    ("train jobshop --num-envs 10 --share 4", "share is 4, but must divide num_envs, which is 10"),
    ("train jobshop --share 0", "share is 0, but must be a whole number from 1 on."),
    ("train jobshop --n-steps 1", "n_steps is 1, but must be a whole number from 2 on."),
    ("train jobshop --n-steps 1000000000", "of memory, but there are"),
    ("train jobshop --n-steps 1e3", "--n-steps is '1e3', but must be a whole number."),
    ("train jobshop --batch-size 1", "batch_size is 1, but must be a whole number from 2 on."),
    ("train jobshop --n-epochs 0", "n_epochs is 0, but must be a whole number from 1 on."),
    (
        "train jobshop --algorithm grpo --group-size 1",
        "group_size is 1, but must be a whole number from 2 on: a rollout is judged by",
    ),
    ("train jobshop --algorithm grpo --group-size 1000000000", "of memory, but there are"),
    ("train jobshop --algorithm grpo --n-instances 1000000000000", "of memory, but there are"),
    ("train jobshop --algorithm grpo --n-instances 0", "n_instances is 0, but must be"),
    ("train jobshop --algorithm grpo --processes 0", "processes is 0, but must be a whole number from 1 to 1024."),
    ("train jobshop --algorithm grpo --processes 3", "processes is 3, but must divide n_instances (8)."),
    (
        "train jobshop --algorithm ppo --processes 2",
        "ppo does not use processes, a setting of grpo and others: leave it out.",
    ),
    ("train jobshop --algorithm grpo --encode step", "encode is 'step', but group trainers encode each graph once"),
    (
        "train jobshop --algorithm grpo --sample-keep 1",
        "grpo does not use sample_keep, a setting of d3s: leave it out.",
    ),
    ("train jobshop --algorithm d3s --decision-keep 0.5:1", "is no schedule"),
    ("train jobshop --width 0", "width is 0, but must be a whole number from 1 to 4096."),
    ("train jobshop --width 100000", "width is 100000, but must be a whole number from 1 to 4096."),
    ("train jobshop --layers -1", "layers is -1, but must be a whole number from 0 to 64."),
    ("train jobshop --rounds 10000000", "rounds is 10000000, but must be a whole number from 0 to 64."),
    ("train jobshop --learning-rate 1e400", "must be finite"),
    ("train jobshop --learning-rate 1e39", "must be finite"),
    ("train jobshop --learning-rate ''", "is no schedule"),
    ("train jobshop --learning-rate linear:1", "is no schedule"),
    ("train jobshop --ent-coef 1e300", "ent_coef is 1e+300, but must be finite"),
    ("train jobshop --lookahead pilot --guide 1e300", "guide is 1e+300, but must be finite"),
    ("train jobshop --lookahead pilot --guide -1", "guide is -1.0, but must be finite and at least 0."),
    ("train jobshop --clip-range -0.1", "clip_range is wrong"),
    ("train jobshop --validation-instances 0", "validation_instances is 0, but must be"),
    ("train jobshop --validation-instances 1000000000000", "1000000000000 instances would take"),
    ("train jobshop --points 0", "points is 0, but must be a whole number from 1 on."),
    ("train jobshop --points 99999999999999999999", "points is 99999999999999999999, which has more than 63 bits"),
    (f"train jobshop --seed {LONG}", "A number has thousands of digits: name a smaller one."),
    (f"train jobshop --learning-rate constant:{LONG}", "learning_rate is wrong: constant:inf is no schedule"),
    (f"train jobshop --run-dir {'x' * 300}", "File name too long"),
    ("train jobshop --run-dir 'a\0b'", "The name of a file has a zero byte in it: write another."),
    ("train jobshop --points -3", "points is -3"),
    ("train jobshop --seed -1", "seed is -1, but must be a whole number from 0 to 4294967295."),
    ("train jobshop --seed 99999999999999999999999", "seed is"),
    ("train jobshop --cpu-seconds inf", "cpu_seconds is inf, but must be"),
    ("train jobshop --cpu-seconds nan", "cpu_seconds is nan, but must be"),
    ("train jobshop --cpu-seconds -1", "cpu_seconds is -1.0, but must be"),
    ("train jobshop --timesteps 1.5", "--timesteps is '1.5', but must be a whole number or None."),
    ("train jobshop --device cuda:7", "The device is 'cuda:7', but must be cpu or cuda."),
    ("train jobshop --device ''", "The device is ''"),
    ("train jobshop --run-dir folder", "folder is not empty"),
    ("train jobshop --run-dir shop.json", "shop.json cannot be written to, for shop.json is"),
    ("train jobshop --run-dir shop.json/x", "shop.json is no folder: name another."),
    ("train jobshop --resume folder", "folder is no run directory: it has no config.json."),
    ("train jobshop --resume shop.json", "There is no run directory shop.json."),
    ("train jobshop --lookahead", "Missing value for argument '--lookahead'."),
    ("train jobshop --scheme 3", "invalid choice '3' for argument '--scheme'."),
    ("train jobshop extra", "There is no option 'extra'"),
    ("train soc --window 0", "window is 0"),
    ("train soc --window -5 --instances random:5", "window is -5"),
    ("train soc --lookahead pilott", "invalid choice 'pilott' for argument '--lookahead'."),
    ("train tardiness --form lats", "invalid choice 'lats'"),
    ("train tardiness --instances random:0", "'0' is no size of instances"),
    ("train jbshop", "There is no problem 'jbshop'"),
    ("verify jobshop --instances ft06 --schedule no/such.json", "no/such.json: there is no such file."),
    ("verify jobshop --instances shop.json", "Missing from python -m experiments.verify jobshop: --schedule"),
    ("verify jobshop --schedule plan.json", "Missing from python -m experiments.verify jobshop: --instances"),
    ("verify jobshop --instances shop.json --schedule plan.json", "plan.json states the objective 12, but it is 6."),
    ("verify jobshop --instances shop.json --schedule deep.json", "deep.json: this JSON has"),
    ("verify jobshop --instances shop.json --schedule empty.txt", "empty.txt: the file is empty"),
    ("verify jobshop --instances shop.json --schedule binary.txt", "binary.txt: this is no text file"),
    ("verify jobshop --instances shop.json --schedule folder", "folder: the file cannot be read: Is a directory."),
    ("verify jobshop --instances shop.json --schedule shop.json", "shop.json: a schedule file has `problem`"),
    ("verify jobshop --instances shop.json --schedule torn.json", "torn.json, line 1: this is not JSON"),
    ("verify jobshop --instances ft06 --schedule plan.json", "is on machine 0, but needs machine 2."),
    ("verify jobshop --instances taillard --schedule plan.json", "which is not among taillard"),
    (
        "verify tardiness --instances random:5:1:0 --schedule plan.json",
        "is a schedule of the problem jobshop, not of tardiness",
    ),
    ("verify jobshop --instances shop.json --schedule ragged.json", "ragged.json: row 0"),
    ("verify jobshop --instances shop.json --schedule columns.json", "columns.json has columns ['operation',"),
    ("verify jobshop --instances shop.json --schedule torn_plan.json", "operation 1 of job 1 is not scheduled."),
    ("verify jobshop --instances shop.json --schedule bools.json", "bools.json: row 0 of the schedule is [0, 0, True"),
    ("verify jobshop --instances shop.json --schedule words.json", "words.json: a schedule file has `objective`"),
    ("verify jobshop --instances shop.json --schedule vast.json", "starts before operation 0 of job 0"),
    ("speed jobshop --only stp", "speed has no measure 'stp': the nearest is 'step'."),
    ("speed jobshop --batch 100000000000000000000 --only step", "GB of memory, but there are"),
    ("speed jobshop --batch -1", "batch is -1, but must be at least 1."),
    ("speed jobshop --repeats 0", "repeats is 0, but must be at least 1."),
    ("speed jobshop --seconds nan", "seconds is nan, but must be finite and more than 0."),
    ("speed jobshop --batch 1000000000 --only step", "of memory, but there are"),
    ("speed jobshop --batch 1000000000 --only sampled", "of memory, but there are"),
    ("speed jobshop --batch", "--batch has no value: write one or more behind it, or"),
    ("speed jobshop --batch 1.5", "--batch is '1.5', but must be a whole number."),
    ("speed jobshop --repeats 1000000000000", "repeats is 1000000000000, but must be at most 1000"),
    ("speed jobshop --seconds inf", "seconds is inf, but must be finite and more than 0."),
    ("speed jobshop --seconds 0", "seconds is 0, but must be finite and more than 0."),
    ("speed jobshop --instances random:3", "'3' is no size of job shops"),
    ("speed jobshop --instances folder", "folder is a folder"),
    ("speed vm_rescheduling --instances random:2,load=full,limt=3", "has an unknown parameter 'limt'"),
    ("speed vm_rescheduling --instances random:2,slots=16dd", "'16dd' names no slots"),
    ("speed vm_rescheduling --instances medum", "'medum' is neither a set of vm_rescheduling nor a file"),
    ("speed vm_rescheduling --instances shop.json", "this is neither an object with `vms` (json) nor"),
    ("speed jobshop --instances random:100000x100000 --only step", "of memory, but there are"),
    ("speed jobshop --output folder", "folder cannot be written, for it is a folder"),
    ("speed jobshop --output table.csv", "table.csv has other columns than this command"),
    ("speed jobshop --output shop.json/x.csv", "for shop.json is no folder: name another."),
    ("speed", "Name a problem first"),
    ("speed sco", "There is no problem 'sco'"),
    ("report --only jobshop/taillrd", "'jobshop/taillrd' is no table: the nearest are 'jobshop/taillard'"),
    ("report --only jobshop", "'jobshop' is no table"),
    ("report --only ''", "'' is no table"),
    ("report --only", "--only has no value: write one or more behind it, or leave it out."),
    ("report --only --folder x", "--only has no value: write one or more behind it, or leave it out."),
    ("report --folder shop.json", "shop.json/jobshop cannot be written to, for"),
    ("report --onyl x", "There is no option '--onyl': the nearest is '--only'."),
    ("report extra", "There is no option 'extra'"),
    ("demo soc2", "There is no problem 'soc2': the nearest is 'soc'."),
    ("demo jobshop extra", "There is no option 'extra': there are none."),
    ("demo --problem soc", "There is no option '--problem': there are none."),
    ("demo --algorithm ppo", "There is no option '--algorithm'"),
]
"""(command line, words of the sentence); the files are those of `place`."""


def one_operation(machine: str, duration: str) -> str:
    """A job shop with one operation, as JSON."""
    operation = f'{{"job": 0, "operation": 0, "machine": {machine}, "duration": {duration}}}'
    return f'{{"jobs": 1, "machines": 1, "data": [{operation}]}}'


FILES = {
    "empty.txt": "",
    "blank.txt": " \n\n",
    "prose.txt": "three jobs\nwith two machines\n",
    "deep.json": "[" * 100_000,
    "long.json": f'{{"jobs": [[[0, {LONG}]]]}}',
    "list.json": "[]",
    "number.json": "7",
    "torn.json": '{"jobs": [[[0, 1',
    "nan.json": one_operation("0", "NaN"),
    "wide.json": one_operation("99999999999", "1"),
    "large.json": one_operation("0", "99999999999999999999"),
    "tardy.json": '{"processing": [1, 2], "due": [1, 2]}',
    "table.csv": "a,b\n1,2\n",
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all sorts of files, which is the current one."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8")
    Path("binary.txt").write_bytes(bytes(range(256)))
    Path("folder").mkdir()
    Path("folder/note.txt").write_text("a note\n", encoding="utf-8")
    shop = JobShopInstance.from_jobs([[(0, 3), (1, 2)], [(1, 4), (0, 1)]], name="shop")
    save(shop, "shop.json")
    rows = [[0, 0, 0, 0, 3], [0, 1, 1, 4, 6], [1, 0, 1, 0, 4], [1, 1, 0, 4, 5]]
    schedules.save("plan.json", "jobshop", "shop", 12, COLUMNS, rows)
    plan = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    changes: dict[str, dict[str, Any]] = {
        "ragged.json": {"schedule": [[0, 0, 0, 0]]},
        "bools.json": {"schedule": [[0, 0, True, 0, 3]]},
        "vast.json": {"schedule": [[0, 0, 0, HUGE**3, HUGE**3 + 3], *rows[1:]]},
        "torn_plan.json": {"schedule": rows[:3]},
        "words.json": {"objective": "twelve"},
        "columns.json": {"columns": ["operation", "position", "machine", "start", "end"]},
    }
    for name, change in changes.items():
        Path(name).write_text(json.dumps({**plan, **change}), encoding="utf-8")
    return tmp_path


def listing(folder: Path) -> dict[str, bytes]:
    """The names and the contents of all files in a folder, and the names of its folders."""
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


@pytest.mark.parametrize(("line", "words"), COMMANDS, ids=[line for line, _ in COMMANDS])
def test_a_bad_command_line_is_one_sentence_and_writes_nothing(
    line: str, words: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = listing(place)
    command, *arguments = shlex.split(line)
    monkeypatch.setattr(sys, "argv", [f"experiments/{command}.py", *arguments])
    with pytest.raises(SystemExit) as stop:
        MAINS[command]()
    error = capsys.readouterr().err
    assert stop.value.code == 2
    assert error.startswith(f"{command}: ") and error.count("\n") == 1 and error.endswith(".\n"), error
    assert words in error
    assert "bug of DispatchGym" not in error
    assert listing(place) == before


SHOP = JobShopInstance.from_jobs([[(0, 3), (1, 2)], [(1, 4), (0, 1)]], name="shop")
OTHER = JobShopInstance.from_jobs([[(0, 3), (1, 2), (2, 1)]] * 3, name="other")
FIFO = rule_scores(parts("jobshop").rules.RULES["fifo"])


def env(count: Any = 2, **arguments: Any) -> DispatchVectorEnv:
    return DispatchVectorEnv("jobshop", count, arguments.pop("instances", [SHOP]), **arguments)


def begun(**arguments: Any) -> DispatchVectorEnv:
    made = env(**arguments)
    made.reset(seed=0)
    return made


def played(**arguments: Any) -> Any:
    return play(load_problem("jobshop")(), SHOP, arguments.pop("scores", FIFO), **arguments)


def trained(**settings: Any) -> Any:
    return train_agent(Train.of(instances="random:3x3", **settings), load_problem("jobshop")())


def judged(*rows: Any) -> Any:
    return parts("jobshop").verify.verify(SHOP, [list(row) for row in rows])


PICKS = {"form": "vm", "sinks": "pick"}

CALLS: list[tuple[str, Callable[[], Any]]] = [
    # Problems and their options.
    ("There is no problem 'jobshp': the nearest is 'jobshop'", lambda: load_problem("jobshp")),
    ("jobshop has no option 'sheme': the nearest is 'scheme'", lambda: load_problem("jobshop")(sheme="active")),
    ("scheme is 3, but must be one of active, non_delay", lambda: load_problem("jobshop")(scheme=3)),
    ("scheme is ['active'], but must be one of", lambda: load_problem("jobshop")(scheme=["active"])),
    ("scheme is None, but must be one of", lambda: load_problem("jobshop")(scheme=None)),
    ("skip_forced is 'maybe', but must be True or False", lambda: load_problem("jobshop")(skip_forced="maybe")),
    ("skip_forced is 1, but must be True or False", lambda: load_problem("jobshop")(skip_forced=1)),
    ("dominance is 'no', but must be True or False", lambda: load_problem("tardiness")(dominance="no")),
    ("form is True, but must be one of next, last, position", lambda: load_problem("tardiness")(form=True)),
    ("wait is 0, but must be True or False", lambda: load_problem("soc")(wait=0)),
    ("window is '32', but must be a whole number", lambda: load_problem("soc")(window="32")),
    ("window is True, but must be a whole number", lambda: load_problem("soc")(window=True)),
    ("window is 2.5, but must be a whole number", lambda: load_problem("soc")(window=2.5)),
    ("window is 0", lambda: load_problem("soc")(window=0)),
    ("window is 0, but must be a whole number from 1", lambda: load_problem("vm_rescheduling")(window=0)),
    ("sinks is 'pick', but in the form 'vm' they always are", lambda: load_problem("vm_rescheduling")(**PICKS)),
    ("potential is (1, 0, 0), but must be a tuple", lambda: load_problem("vm_rescheduling")(potential=(1, 0, 0))),
    ("potential is (9.0, 0.0, 0.0, 0.0)", lambda: load_problem("vm_rescheduling")(potential=(9.0, 0.0, 0.0, 0.0))),
    ("waste is nan, but must be a number from 0", lambda: load_problem("vm_rescheduling")(waste=float("nan"))),
    ("thinking is -1, but must be a whole number from 0", lambda: load_problem("vm_rescheduling")(thinking=-1)),
    ("form is 'pm', but must be one of slot, move, vm", lambda: load_problem("vm_rescheduling")(form="pm")),
    # The environment.
    ("num_envs is True, but a vector environment needs at least 1", lambda: env(True)),
    ("num_envs is -3, but a vector environment needs at least 1", lambda: env(-3)),
    ("num_envs is '2', but a vector environment needs at least 1", lambda: env("2")),
    ("of memory, but there are", lambda: env(HUGE)),
    ("of memory, but there are", lambda: env(HUGE**3)),
    ("of memory, but there are", lambda: env(1, instances="random:99999x99999")),
    ("of memory, but there are", lambda: env(1, shape=(10**6, 10**6, HUGE))),
    ("shape is 5, but must be whole numbers, as in shape=(2, 2, 4)", lambda: env(shape=5)),
    ("shape is (2, 2, 4.5), but must be whole numbers", lambda: env(shape=(2, 2, 4.5))),
    ("shape is (2, 2, -4), but must be whole numbers", lambda: env(shape=(2, 2, -4))),
    ("is neither a set of jobshop nor a file", lambda: env(instances="")),
    ("a source needs at least one instance", lambda: env(instances={})),
    ("5 is no JobShopInstance", lambda: env(instances=[SHOP, 5])),
    ("illegal is None, but must be 'raise' or 'wrap'", lambda: env(illegal=None)),
    ("autoreset is 'no', but must be True or False", lambda: env(autoreset="no")),
    ("copy is 'no', but must be True or False", lambda: env(copy="no")),
    ("jobshop has no option 'autorest'", lambda: DispatchEnv("jobshop", [SHOP], autorest=True)),
    ("No episode has begun: call reset first", lambda: env().step(np.zeros(2, int))),
    ("No episode has begun: call reset first", lambda: env().get_state()),
    ("A seed is 1.5, but must be a whole number", lambda: env().reset(seed=[1.5, 2])),  # type: ignore[list-item]
    ("1 seeds are given, but num_envs is 2", lambda: env().reset(seed="1")),  # type: ignore[arg-type]
    ("3 seeds are given, but num_envs is 2", lambda: env().reset(seed=[1, 2, 3])),
    ("options is 7, but must be a dict of instances", lambda: env().reset(options=7)),  # type: ignore[arg-type]
    ("reset has no option 'instnces'", lambda: env().reset(options={"instnces": [SHOP]})),
    ("repeat is 0, but must be a whole number from 1 on", lambda: env().reset(options={"repeat": 0})),
    ("repeat is True, but must be a whole number", lambda: env().reset(options={"repeat": True})),
    ("shape (3, 3, 9), but the room is (2, 2, 4)", lambda: env().reset(options={"instances": [SHOP, OTHER]})),
    ("The actions have shape (3,)", lambda: begun().step(np.zeros(3, int))),
    ("The actions have shape (2,) and dtype float64", lambda: begun().step(np.zeros(2))),
    ("The actions have shape (2,) and dtype bool", lambda: begun().step(np.zeros(2, bool))),
    ("The actions have shape", lambda: begun().step(None)),  # type: ignore[arg-type]
    ("Action 99 of environment 0 is illegal, since actions are 0..1", lambda: begun().step(np.array([99, 99]))),
    ("Action -1 of environment 0 is illegal, since actions are 0..1", lambda: begun().step(np.array([-1, -1]))),
    ("repeat is 0, but must be", lambda: begun().set_state(begun().get_state(), repeat=0)),
    ("exceed num_envs 2", lambda: begun().set_state(begun().get_state(), repeat=2)),
    ("The state is a str, but must be a Snapshot", lambda: begun().set_state("a state")),  # type: ignore[arg-type]
    ("The snapshot is of another shape", lambda: begun().set_state(begun(instances=[OTHER]).get_state())),
    # stable-baselines3's environment.
    ("share is 3, but must divide num_envs, which is 2: change", lambda: DispatchVecEnv(env(), 3)),
    ("share is 0, but must divide", lambda: DispatchVecEnv(env(), 0)),
    ("so make it with copy=True and autoreset=True", lambda: DispatchVecEnv(env(copy=False))),
    ("policy is 'MlpPolicy', but must be one of 'GraphPolicy'", lambda: PPO("MlpPolicy", DispatchVecEnv(env()))),
    # Players.
    ("samples is 0, but must be 1 without a temperature", lambda: played(samples=0)),
    ("samples is 5, but must be 1 without a temperature", lambda: played(samples=5)),
    ("The temperature is 0, but must be positive", lambda: played(samples=5, temperature=0)),
    ("The temperature is nan, but must be positive", lambda: played(samples=5, temperature=np.nan)),
    ("The temperature is -1, but must be positive", lambda: played(temperature=-1)),
    ("batch is 0, but must be at least 1", lambda: played(batch=0)),
    ("cp_sat takes more than 0 seconds", lambda: parts("jobshop").solvers.SOLVERS["cp_sat"](SHOP, 0)),
    ("cp_sat takes more than 0 seconds", lambda: parts("jobshop").solvers.SOLVERS["cp_sat"](SHOP, float("nan"))),
    ("1 to 10000 workers", lambda: parts("jobshop").solvers.SOLVERS["cp_sat"](SHOP, 1, workers=0)),
    # Instances, schedules, agents: files and the like.
    ("an operation is (machine, duration), not (0,)", lambda: JobShopInstance.from_jobs([[(0,)]])),  # type: ignore[list-item]
    ("cannot be drawn: it needs at least one", lambda: JobShopInstance.generate(np.random.default_rng(0), 0, 3)),
    ("'ta81' is none of Taillard's instances", lambda: JobShopInstance.taillard("ta81")),
    ("'random:3x3' is no finite random set", lambda: resolve(load_problem("jobshop"), "random:3x3")),
    ("no/such.json: there is no such file", lambda: load("no/such.json")),
    ("deep.json: this JSON has", lambda: schedules.load("deep.json")),
    ("row 0 of the schedule is [0, 0, 0, 0, 3.0]", lambda: judged((0, 0, 0, 0, 3.0))),
    ("row 0 of the schedule is [0]", lambda: judged((0,))),
    ("a schedule is a list of rows, not 7", lambda: parts("jobshop").verify.verify(SHOP, 7)),
    ("There is no run directory or checkpoint no/agent", lambda: load_agent(Path("no/agent"), "jobshop")),
    ("folder is no run directory: it has no config.json", lambda: load_agent(Path("folder"), "jobshop")),
    ("The device is 'tpu', but must be cpu or cuda", lambda: load_agent(Path("folder"), "jobshop", "tpu")),
    # Settings of a training.
    ("There is no algorithm 'dqn'", lambda: Train.of(algorithm="dqn")),
    ("There is no algorithm 5", lambda: Train.of(algorithm=5)),
    ("ppo does not use ema, a setting of grpo and others", lambda: Train.of(ema=0.5)),
    ("train has no setting 'ponts': the nearest is 'points'", lambda: Train.of(ponts=3)),
    ("points is '3', but must be a whole number", lambda: trained(points="3")),
    ("seed is True, but must be a whole number", lambda: trained(seed=True)),
    ("encode is 'twice', but must be one of none, once, step", lambda: trained(encode="twice")),
    ("instances is None, but must be a text", lambda: train_agent(Train(instances=None), load_problem("jobshop")())),  # type: ignore[arg-type]
    ("run_dir is 'runs/x', but must be a path", lambda: trained(run_dir="runs/x")),
    ("n_steps is 16.0, but must be a whole number", lambda: trained(n_steps=16.0)),
    ("group_size is 1, but must be a whole number from 2 on", lambda: trained(algorithm="grpo", group_size=1)),
    ("algorithm is 'ppo', but must be one of grpo, pomo", lambda: trained_with(GRPOSettings(algorithm="ppo"))),  # type: ignore[arg-type]
    ("num_envs is 0, but must be a whole number from 1 on", lambda: trained_with(PPOSettings(num_envs=0))),
]
"""(words of the sentence, call)."""


def trained_with(trainer: Any) -> Any:
    return train_agent(Train(trainer=trainer), load_problem("jobshop")())


@pytest.mark.parametrize(
    ("words", "call"), CALLS, ids=[f"{number}: {words}" for number, (words, _) in enumerate(CALLS)]
)
def test_a_bad_call_is_one_sentence_and_writes_nothing(words: str, call: Callable[[], Any], place: Path) -> None:
    before = listing(place)
    with pytest.raises(ValueError) as error:
        call()
    sentence = str(error.value)
    assert words in sentence
    assert "\n" not in sentence
    assert listing(place) == before


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_option_of_every_problem_refuses_what_is_of_another_type(problem: str) -> None:
    kind = load_problem(problem)
    for name in vars(kind().options):
        for wrong in (None, "maybe", 2.5, [], {}):
            with pytest.raises(ValueError, match=f"{name} is .*, but must be "):
                kind(**{name: wrong})


def test_the_table_is_long_and_says_nothing_twice() -> None:
    assert len(COMMANDS) + len(CALLS) >= 300
    assert len({line for line, _ in COMMANDS}) == len(COMMANDS)
