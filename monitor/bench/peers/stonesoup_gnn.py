"""Stone Soup: constant velocity Kalman, Mahalanobis gate 3.5, GNNWith2DAssignment, tracks seeded. Usage: FILE.npz

The file holds x, y, vx, vy (T,) at the start and, for each plot of all scans, scan, px, py and whose it is (-1 false).
"""

import json
import sys
import time
from datetime import datetime, timedelta

import numpy as np
from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
from stonesoup.hypothesiser.distance import DistanceHypothesiser
from stonesoup.measures import Mahalanobis
from stonesoup.models.measurement.linear import LinearGaussian
from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
from stonesoup.predictor.kalman import KalmanPredictor
from stonesoup.types.detection import Detection
from stonesoup.types.state import GaussianState
from stonesoup.types.track import Track
from stonesoup.updater.kalman import KalmanUpdater

PERIOD_S = 2.5
with np.load(sys.argv[1]) as file:
    data = dict(file)
start_time = datetime(2026, 6, 14)
model = LinearGaussian(4, (0, 2), np.diag([data["sigma_m"] ** 2] * 2))
predictor = KalmanPredictor(CombinedLinearGaussianTransitionModel([ConstantVelocity(0.01)] * 2))
updater = KalmanUpdater(model)
associator = GNNWith2DAssignment(DistanceHypothesiser(predictor, updater, Mahalanobis(), missed_distance=3.5))
spread = np.diag([100.0, 1.0, 100.0, 1.0])
states = zip(data["x"], data["vx"], data["y"], data["vy"], strict=True)
tracks = [Track([GaussianState(list(state), spread, start_time)]) for state in states]
owner = {track.id: k for k, track in enumerate(tracks)}
n_right = n_taken = n_seen = 0
scans = int(data["scan"].max()) + 1
plots = []
for scan in range(scans):
    rows = np.flatnonzero(data["scan"] == scan)
    at = start_time + timedelta(seconds=PERIOD_S * (scan + 1))
    found = {Detection([data["px"][k], data["py"][k]], timestamp=at, measurement_model=model): k for k in rows}
    plots.append((at, found))
    n_seen += int((data["whose"][rows] >= 0).sum())
start = time.process_time()
for at, found in plots:
    for track, hypothesis in associator.associate(set(tracks), set(found), at).items():
        if hypothesis:
            track.append(updater.update(hypothesis))
            n_taken += 1
            n_right += int(data["whose"][found[hypothesis.measurement]] == owner[track.id])
        else:
            track.append(hypothesis.prediction)
cpu_s = time.process_time() - start
print(
    json.dumps(
        {
            "cpu_s": cpu_s,
            "n_messages": len(tracks) * scans,
            "precision": n_right / max(n_taken, 1),
            "recall": n_right / max(n_seen, 1),
        }
    )
)
