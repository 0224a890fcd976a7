#!/usr/bin/env bash
# A run that is killed at random moments, again and again, ends with the bits of one that was left alone, and so do one
# that is asked to end and one that meets a full disk: gpt_kills.sh GPT [KILLS]
set -euo pipefail
gpt=$(realpath "$1")
kills=${2:-5}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
train=("$gpt" train --n-layer 1 --n-head 2 --n-embd 32 --block-size 16 --batch-size 2 --gradient-accumulation-steps 2
  --epochs --dropout 0.1 --eval-iters 1 --eval-interval 1 --max-iters 40 --threads 1 --resume)

# same A B: the models and checkpoints of two runs.
same() {
  cmp "$1/out/model.safetensors" "$2/out/model.safetensors"
  diff -r "$1/out/checkpoints" "$2/out/checkpoints"
}

mkdir "$folder/whole"
cd "$folder/whole"
"${train[@]}" >/dev/null

killed=0 unfinished=0 runs=0
while ((killed < kills)); do
  rm -rf "$folder/killed"
  mkdir "$folder/killed"
  cd "$folder/killed"
  while true; do
    "${train[@]}" >log &
    if ((killed < kills)); then
      sleep "0.$(printf %03d $((RANDOM % 300)))"
      kill -KILL $! 2>/dev/null || true  # it may have ended
    fi
    status=0
    wait $! 2>/dev/null || status=$?
    ((status == 137)) || break
    killed=$((killed + 1))
    [[ -z $(find out -name "*.$!.*.tmp") ]] || unfinished=$((unfinished + 1))
  done
  ((status == 0)) || { echo "a resumed run ended with status $status"; exit 1; }
  same "$folder/whole" "$folder/killed"
  runs=$((runs + 1))
done
echo "$killed kills, $unfinished of them within a write; the bits of $runs runs are those of one that was left alone"

# A run that is asked to end does so in good order, and goes on later.
mkdir "$folder/asked"
cd "$folder/asked"
"${train[@]}" >log &
until compgen -G 'out/checkpoints/*.safetensors' >/dev/null; do sleep 0.01; done
kill -TERM $!
wait $!
grep -q 'interrupted; best' log
"${train[@]}" >log
grep -q 'goes on from step' log
same "$folder/whole" "$folder/asked"

# In a name space of its own, where a small file system may be mounted.
full_disk() {
  mkdir "$folder/full"
  mount -t tmpfs -o size=2m tmpfs "$folder/full" 2>/dev/null || { echo "full disk: skipped, none can be mounted here"; exit; }
  cd "$folder/full"
  "${train[@]}" >/dev/null 2>"$folder/error" &
  until compgen -G 'out/checkpoints/*.safetensors' >/dev/null; do sleep 0.01; done
  cat /dev/zero >ballast 2>/dev/null || true
  status=0
  wait $! || status=$?
  ((status == 2)) && grep -q "cannot be written" "$folder/error" || { echo "full disk: status $status"; cat "$folder/error"; exit 1; }
  cat "$folder/error"
  rm ballast
  "${train[@]}" >log
  grep -q 'goes on from step' log
  same "$folder/whole" "$folder/full"
  echo "full disk: the run went on where there was room again, with the same bits"
}
export -f full_disk same
export folder
if unshare --map-root-user --mount true 2>/dev/null; then
  unshare --map-root-user --mount bash -c "set -euo pipefail; train=($(printf '%q ' "${train[@]}")); full_disk"
else
  echo "full disk: skipped, name spaces are not permitted here"
fi
