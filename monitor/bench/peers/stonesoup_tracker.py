"""Stone Soup on recorded or simulated plots: constant velocity Kalman filter, global nearest neighbour.

Usage: stonesoup_tracker.py IN.json OUT.json. IN: {"r", "q", "gate", "v", "min", "del", "scans": [[t_s, [[e, n], ...]],
...], "seeds": [[e, n, ve, vn], ...]}. With seeds the tracks are given and only associated, as for speed; without, they
are begun and ended. OUT: for each scan a list of [number, east, north]. Prints the CPU seconds of the tracking alone.
"""

import datetime
import json
import sys
import time
from pathlib import Path

import numpy as np
from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
from stonesoup.deleter.time import UpdateTimeStepsDeleter
from stonesoup.hypothesiser.distance import DistanceHypothesiser
from stonesoup.initiator.simple import MultiMeasurementInitiator
from stonesoup.measures import Mahalanobis
from stonesoup.models.measurement.linear import LinearGaussian
from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
from stonesoup.predictor.kalman import KalmanPredictor
from stonesoup.tracker.simple import MultiTargetTracker
from stonesoup.types.detection import Detection
from stonesoup.types.state import GaussianState
from stonesoup.types.track import Track
from stonesoup.updater.kalman import KalmanUpdater

START = datetime.datetime(2021, 1, 1)
given = json.loads(Path(sys.argv[1]).read_text())
motion = CombinedLinearGaussianTransitionModel([ConstantVelocity(given["q"]), ConstantVelocity(given["q"])])
measured = LinearGaussian(4, (0, 2), np.diag([given["r"] ** 2, given["r"] ** 2]))
updater = KalmanUpdater(measured)
associator = GNNWith2DAssignment(
    DistanceHypothesiser(KalmanPredictor(motion), updater, Mahalanobis(), missed_distance=given["gate"])
)


def detections():
    for t_s, places in given["scans"]:
        at = START + datetime.timedelta(seconds=t_s - given["scans"][0][0])
        # a list would be nearer to the recording, but the library wants sets
        yield at, {Detection(np.array([[e], [n]]), timestamp=at, measurement_model=measured) for e, n in places}


def recorded(scans):
    deleter = UpdateTimeStepsDeleter(given["del"])
    prior = GaussianState([0, 0, 0, 0], np.diag([0, given["v"] ** 2, 0, given["v"] ** 2]))
    initiator = MultiMeasurementInitiator(
        prior, deleter, associator, updater, measurement_model=measured, min_points=given["min"]
    )
    numbers, found = {}, []
    for _, tracks in MultiTargetTracker(initiator, deleter, iter(scans), associator, updater):
        rows = [(numbers.setdefault(t.id, len(numbers)), t.state_vector) for t in tracks]
        found.append([[number, float(x[0, 0]), float(x[2, 0])] for number, x in rows])
    return found


def seeded(scans):
    spread = np.diag([given["r"] ** 2, 1.0, given["r"] ** 2, 1.0])
    tracks = [Track([GaussianState([e, ve, n, vn], spread, timestamp=START)]) for e, n, ve, vn in given["seeds"]]
    for at, plots in scans[1:]:
        for track, hypothesis in associator.associate(set(tracks), plots, at).items():
            track.append(updater.update(hypothesis) if hypothesis else hypothesis.prediction)
    return []


scans = list(detections())
began = time.process_time()
found = seeded(scans) if given.get("seeds") else recorded(scans)
taken = time.process_time() - began
Path(sys.argv[2]).write_text(json.dumps(found))
print(json.dumps({"cpu_s": taken}))
