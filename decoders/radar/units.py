"""The wire units of ASTERIX, in house units. A decoded value lies within one of them of the sent one."""

NM_M = 1852.0
DAY_S = 86_400.0
M_PER_S_PER_KN = NM_M / 3600.0
KN_PER_M_PER_S = 1.0 / M_PER_S_PER_KN

TIME_S = 1 / 128  # I010/140, I034/030, I048/140, I062/070: time of day
ANGLE_DEG = 360 / 2**16  # THETA, track angle
WGS_31_DEG = 180 / 2**31  # I010/041; 2^25 there, as one decoder once had it, puts every boat into another sea
WGS_25_DEG = 180 / 2**25  # I062/105: 0.6 m
WGS_23_DEG = 180 / 2**23  # I034/120: 2.4 m
RANGE_010_M = 1.0  # I010/040 RHO, I010/042
RANGE_048_M = NM_M / 256  # I048/040 RHO
CARTESIAN_048_M = NM_M / 128  # I048/042
POLAR_SPEED_KN = 3600 / 2**14  # I010/200, I048/200: 0.22 kn
# I010/202 and I062/185. A published specification of edition 1.1 says 1/16 for I010/202 beside a full scale of
# 8192 m/s, which is 0.25: with 1/16 a boat at 20 kn reads 5 kn.
CARTESIAN_SPEED_M_PER_S = 0.25
SIGMA_010_M = 0.25  # I010/500
SIGMA_048_M = NM_M / 128  # I048/210
SIGMA_062_M = 0.5  # I062/500 APC
SIZE_M = 1.0  # I010/270, I062/270: saturates at 127 m
AGE_S = 0.25  # I062/290
