#!/usr/bin/env bash
# A sweep as a job array: task K of N runs the seeds of part K.
#SBATCH --job-name=sweep
#SBATCH --array=1-16
#SBATCH --cpus-per-task=2
#SBATCH --mem=1G
#SBATCH --time=04:00:00
set -euo pipefail

mkdir -p results
exec workbench test -w g-set --bin ./g-set --nemesis partition --seeds 0..100000 --shrink=0 \
    --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
    --results "results/$SLURM_ARRAY_TASK_ID.jsonl" \
    --store "${TMPDIR:-/tmp}/store"
