// Posts what happens to an address: one JSON object per event and per evaluation. It reports and does not disturb: an
// address that does not answer costs at most a second, is said once, and training goes on.
#include <curl/curl.h>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include <cairn/evaluation.h>
#include <cairn/monitor.h>

namespace {

struct Params {
  std::string url = "http://127.0.0.1:8080/";
  std::string token_env;
};

using Json = nlohmann::ordered_json;

constexpr long kLimitMilliseconds = 1000;

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);  // a text may hold any bytes
}

std::string_view name_of(cairn::Event::Type type) {
  constexpr std::string_view kNames[] = {"started", "resumed", "epoch",   "evaluation", "evaluating",
                                         "saved",   "picture", "warning", "finished",   "interrupted"};
  return kNames[static_cast<int>(type)];
}

class WebHook final : public cairn::Monitor, public cairn::EvaluationHook {
 public:
  WebHook(const Params& params, const cairn::Context& context) : params_(params), log_(*context.log) {
    if (!params.url.starts_with("http://") && !params.url.starts_with("https://"))
      cairn::fail(cairn::Code::InvalidArgument, "url: expected http:// or https://, found '", params.url, "'");
  }

  // Rows of iterations are too many for a hook.
  void on_metrics(const cairn::MetricRow& row) override {
    if (row.type == cairn::MetricRow::Type::Evaluation) post(cairn::to_json_line(row));
  }
  void on_event(const cairn::Event& event) override {
    if (event.type == cairn::Event::Type::Evaluating || event.type == cairn::Event::Type::Picture) return;
    post(dumped({{"event", name_of(event.type)},
                 {"epoch", event.at.epoch},
                 {"iteration", event.at.iteration},
                 {"text", event.text}}));
  }

  void* extension(std::string_view id) override {
    return id == cairn::kEvaluationExtension ? static_cast<cairn::EvaluationHook*>(this) : nullptr;
  }
  void on_evaluated(const cairn::Progress& at, std::span<const cairn::ClassFigures> classes) override {
    Json all{{"iteration", at.iteration}, {"classes", Json::array()}};
    for (const cairn::ClassFigures& c : classes)
      all["classes"].push_back({{"class", c.name}, {"objects", c.targets}, {"ap50", c.ap50}, {"ap50_95", c.ap50_95}});
    post(dumped(all));
  }

 private:
  void post(const std::string& body) {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
        curl_slist_append(nullptr, "Content-Type: application/json"), curl_slist_free_all);
    // The token is read for each call and stands nowhere else: not in a message, not in a file.
    const char* token = params_.token_env.empty() ? nullptr : std::getenv(params_.token_env.c_str());
    if (token != nullptr)
      headers.reset(curl_slist_append(headers.release(), cairn::cat("Authorization: Bearer ", token).c_str()));
    curl_easy_setopt(curl.get(), CURLOPT_URL, params_.url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, kLimitMilliseconds);
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(
        curl.get(), CURLOPT_WRITEFUNCTION, +[](char*, size_t size, size_t count, void*) { return size * count; });
    const CURLcode code = curl_easy_perform(curl.get());
    if (code != CURLE_OK && !warned_)
      log_.warn("web hook ", params_.url, " does not answer: ", curl_easy_strerror(code));
    warned_ = code != CURLE_OK;
  }

  Params params_;
  cairn::Logger& log_;
  bool warned_ = false;
};

}  // namespace

CAIRN_PLUGIN("example.web_hook", "1.0.0",
             cairn::monitor<WebHook, Params>("web_hook", "posts events and evaluations to an address")
                 .param("url", &Params::url, "where to post to")
                 .param("token_env", &Params::token_env, cairn::secret,
                        "variable that holds a bearer token; empty: none"))
