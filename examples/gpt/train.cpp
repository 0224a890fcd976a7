// gpt train: text to model.
#include "data.hpp"
#include "evaluate.hpp"
#include "model_file.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "resume.hpp"
#include "run.hpp"

#include <fmt/format.h>

#include <csignal>
#include <filesystem>

namespace {

using namespace xtape;

volatile std::sig_atomic_t interrupted = 0;

double evaluate(nn::GPT& model, const nn::Tokens& tokens, const TrainOptions& o) {
  return o.eval_iters > 0 ? sampled_loss(model, tokens, o.eval_iters, o.batch_size)
                          : whole_loss(model, tokens, o.batch_size);
}

std::optional<nn::Checkpoint> last_of(nn::CheckpointFolder& checkpoints) {
  std::vector<std::string> damaged;
  auto last = checkpoints.load_latest(&damaged);
  for (const auto& message : damaged) fmt::print("passed over: {}\n", message);
  return last;
}

/// The first signal lets the run end as it should, the second ends it at once.
void interrupt(int) {
  interrupted = 1;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

}  // namespace

void train(const TrainOptions& o) {
  if (o.threads > 0) set_num_threads(o.threads);
  if (o.precision == "bf16") set_matmul_precision(Precision::bf16);
  nn::CheckpointFolder checkpoints(o.out + "/checkpoints", o.keep);
  remove_unfinished(o.out);
  const auto last = o.resume ? last_of(checkpoints) : std::nullopt;
  if (last) check_options(o.all, last->text("options"));
  const Data data =
      load_data(o, last ? std::optional(nn::tokenizer_from_json(last->text("tokenizer"))) : std::nullopt);
  Run run(o, data);
  if (last) run.restore(*last);

  Progress progress(o.out + "/log.csv", run.step, o.max_iters,
                    o.batch_size * o.gradient_accumulation_steps * o.block_size);
  progress.say(fmt::format("{} tokens to train on, {} to validate on, {} of them different; {} parameters",
                           data.train.size(), data.val.size(), data.tokenizer.vocab_size(),
                           run.model.parameter_count()));
  if (last) progress.say(fmt::format("goes on from step {}", run.step));
  Report report(o.out + "/report.html", o, data.tokenizer, progress.before());
  std::signal(SIGINT, interrupt);
  std::signal(SIGTERM, interrupt);

  while (true) {
    const bool stopped = interrupted != 0, finished = run.step >= o.max_iters;
    const bool due = run.step % o.eval_interval == 0 || finished;
    if (stopped) checkpoints.save(run.step, run.checkpoint());  // an evaluation takes long
    if (due || stopped) {
      const Evaluation e{.step = run.step,
                         .train_loss = evaluate(run.model, data.train, o),
                         .val_loss = evaluate(run.model, data.val, o),
                         .learning_rate = run.schedule(run.step),
                         .tokens_per_second = progress.tokens_per_second(run.step)};
      if (due && e.val_loss < run.best_loss) {
        run.best_loss = e.val_loss;
        save_model(o.out, run.model, data.tokenizer);
        report.best(run.step, run.model, data.val);
      }
      if (due) checkpoints.save(run.step, run.checkpoint(), e.val_loss);
      report.evaluated(e, run.model);
      progress.evaluated(e);
    }
    if (finished || stopped) break;
    const double loss = run.train();
    progress.stepped(run.step, loss);
    report.stepped(run.step, loss, run.optimizer.config.lr);
  }
  progress.say(fmt::format("{0}best validation loss {1:.4f}; the model is in {2}, the run in {2}/report.html",
                           interrupted ? "interrupted; " : "", run.best_loss, o.out));
}
