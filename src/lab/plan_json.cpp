#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "lab/plan.h"

namespace bh::lab {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array do_words = {"load", "run",      "probe",  "start", "wait_port",
                                 "ask",  "features", "attend", "stop"};
constexpr std::array expect_words = {"nothing", "allowed", "refused", "unmediated"};
constexpr std::array met_words = {"yes", "no", "open"};
constexpr std::array enter_words = {"now", "on_exec"};

/// Kernel and program output may hold any bytes; JSON holds text: what is not UTF-8 becomes U+FFFD.
std::string dump(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

/// Reads the members of one object; each name is asked for once, what was not asked for is unknown.
class Members {
 public:
  Members(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json.is_object()) error_ = where_ + ": not an object";
  }

  template <class T>
  void get(const char* key, T& into) {
    known_.emplace_back(key);
    if (!error_.empty() || !json_.contains(key) || json_[key].is_null()) return;
    const Json& value = json_[key];
    bool fits = false;
    if constexpr (std::is_same_v<T, bool>) {
      fits = value.is_boolean();
    } else if constexpr (std::is_integral_v<T>) {
      fits = value.is_number_integer() && value >= 0 && value <= 1'000'000'000;
    } else if constexpr (std::is_same_v<T, std::string>) {
      fits = value.is_string();
    } else {
      fits = value.is_array() &&
             std::all_of(value.begin(), value.end(), [](const Json& e) { return e.is_string(); });
    }
    if (fits) {
      into = value.get<T>();
    } else {
      error_ = fmt::format("{}: {} has the wrong type or range", where_, key);
    }
  }

  template <class E, std::size_t N>
  void get_word(const char* key, const std::array<const char*, N>& words, E& into) {
    std::string word;
    get(key, word);
    if (!error_.empty() || word.empty()) return;
    auto at = std::find(words.begin(), words.end(), word);
    if (at == words.end()) {
      error_ = fmt::format("{}: {} is one of {}, not `{}`", where_, key, fmt::join(words, ", "), word);
    } else {
      into = static_cast<E>(at - words.begin());
    }
  }

  /// Calls `each` with every object of an array member.
  template <class F>
  void each(const char* key, F f) {
    known_.emplace_back(key);
    if (!error_.empty() || !json_.contains(key)) return;
    if (!json_[key].is_array()) {
      error_ = fmt::format("{}: {} is not an array", where_, key);
      return;
    }
    std::size_t number = 0;
    for (const Json& element : json_[key]) {
      Members inner(element, fmt::format("{}[{}]", key, number++));
      f(inner);
      if (error_.empty()) error_ = inner.error();
    }
  }

  [[nodiscard]] std::string error() {
    if (!error_.empty()) return error_;
    for (const auto& [key, value] : json_.items()) {
      if (std::find(known_.begin(), known_.end(), key) == known_.end())
        return fmt::format("{}: unknown key {}", where_, key);
    }
    return {};
  }

 private:
  const Json& json_;
  std::string where_;
  std::string error_;
  std::vector<std::string> known_;
};

void read_step(Members& in, Step& step) {
  in.get_word("do", do_words, step.what);
  in.get("label", step.label);
  in.get("note", step.note);
  in.get("argv", step.argv);
  in.get("profile", step.profile);
  in.get_word("enter", enter_words, step.enter);
  in.get("container", step.container);
  in.get_word("expect", expect_words, step.expect);
  in.get("control", step.control);
  in.get("target", step.target);
  in.get("port", step.port);
  in.get("timeout_ms", step.timeout_ms);
}

void read_outcome(Members& in, Outcome& outcome) {
  in.get("exit", outcome.exit_code);
  in.get("errno", outcome.sys);
  in.get("call", outcome.call);
  in.get("timed_out", outcome.timed_out);
  in.get("out", outcome.out);
  in.get("err", outcome.err);
}

Json step_json(const Step& step) {
  Json json = {{"do", do_words[static_cast<std::size_t>(step.what)]}};
  if (!step.label.empty()) json["label"] = step.label;
  if (!step.argv.empty()) json["argv"] = step.argv;
  if (!step.profile.empty()) {
    json["profile"] = step.profile;
    json["enter"] = enter_words[static_cast<std::size_t>(step.enter)];
  }
  if (!step.container.empty()) json["container"] = step.container;
  if (step.expect != Expect::nothing) json["expect"] = expect_words[static_cast<std::size_t>(step.expect)];
  if (!step.note.empty()) json["note"] = step.note;
  if (step.control) json["control"] = true;
  if (!step.target.empty()) json["target"] = step.target;
  if (step.port != 0) json["port"] = step.port;
  json["timeout_ms"] = step.timeout_ms;
  return json;
}

Json outcome_json(const Outcome& outcome) {
  Json json = {{"exit", outcome.exit_code}, {"errno", outcome.sys}};
  if (!outcome.call.empty()) json["call"] = outcome.call;
  if (outcome.timed_out) json["timed_out"] = true;
  json["out"] = outcome.out;
  json["err"] = outcome.err;
  return json;
}

Json parse(std::string_view text) { return Json::parse(text, nullptr, /*allow_exceptions=*/false); }

}  // namespace

std::string steps_to_json(const LabPlan& plan) {
  Json json = {{"steps", Json::array()}};
  for (const Step& step : plan.steps) json["steps"].push_back(step_json(step));
  return dump(json);
}

Result<LabPlan> plan_from_json(std::string_view text) {
  Json json = parse(text);
  if (json.is_discarded()) return fail("the plan is not JSON");
  LabPlan plan;
  Members in(json, "plan");
  in.get("memory_mib", plan.memory_mib);
  in.get("timeout_s", plan.timeout_s);
  in.get("folders", plan.folders);
  in.get("append", plan.append);
  in.get("docker_host", plan.docker_host);
  in.get("disk", plan.disk);
  in.get("drives", plan.drives);
  in.each("add", [&](Members& each) {
    Added& added = plan.add.emplace_back();
    each.get("host", added.host);
    each.get("guest", added.guest);
    each.get("root", added.root);
  });
  in.each("files", [&](Members& each) {
    PlannedFile& file = plan.files.emplace_back();
    each.get("guest", file.guest);
    each.get("text", file.bytes);
    each.get("mode", file.mode);
  });
  in.each("steps", [&](Members& each) { read_step(each, plan.steps.emplace_back()); });
  if (std::string error = in.error(); !error.empty()) return fail("{}", error);
  if (!plan.docker_host && (!plan.disk.empty() || !plan.drives.empty()))
    return fail("plan: disk and drives are for a docker_host");
  return plan;
}

std::string report_to_json(const LabPlan& plan, const LabReport& report) {
  Json json = {{"kernel", report.kernel},
               {"complete", report.complete},
               {"trouble", report.trouble},
               {"seconds", report.seconds}};
  json["steps"] = Json::array();
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const StepResult& result = report.steps[i];
    Json step = step_json(plan.steps[i]);
    step["reached"] = result.reached;
    if (result.reached) step["outcome"] = outcome_json(result.outcome);
    if (result.reached && plan.steps[i].control) {
      step["control_outcome"] = outcome_json(result.control);
      step["verdict"] = to_string(judge(plan.steps[i], result));
    }
    if (plan.steps[i].expect != Expect::nothing)
      step["met"] = met_words[static_cast<std::size_t>(met(plan.steps[i], result))];
    step["log"] = result.log;
    json["steps"].push_back(std::move(step));
  }
  if (!report.complete) json["console"] = report.console;
  return dump(json, 2) + "\n";
}

std::string result_line(std::size_t step, const StepResult& result) {
  Json json = {{"step", step},
               {"outcome", outcome_json(result.outcome)},
               {"control", outcome_json(result.control)},
               {"log", result.log}};
  return dump(json) + "\n";
}

std::string end_line(std::string_view kernel, std::string_view trouble) {
  return dump(Json{{"end", true}, {"kernel", kernel}, {"trouble", trouble}}) + "\n";
}

bool read_result_line(std::string_view line, LabReport& report) {
  Json json = parse(line);
  if (!json.is_object()) return false;
  Members in(json, "result");
  bool end = false;
  std::size_t step = report.steps.size();
  StepResult result;
  in.get("end", end);
  if (end) {
    in.get("kernel", report.kernel);
    in.get("trouble", report.trouble);
    report.complete = report.trouble.empty();
    return in.error().empty();
  }
  in.get("step", step);
  in.get("log", result.log);
  if (step >= report.steps.size() || !json.contains("outcome") || !json.contains("control")) return false;
  Members outcome(json["outcome"], "outcome");
  Members control(json["control"], "control");
  read_outcome(outcome, result.outcome);
  read_outcome(control, result.control);
  if (!outcome.error().empty() || !control.error().empty()) return false;
  result.reached = true;
  report.steps[step] = std::move(result);
  return true;
}

}  // namespace bh::lab
