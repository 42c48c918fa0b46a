#include "monitor/results_plot.h"

#include <gmock/gmock.h>

#include <cairn/error.h>

#include "monitor/labels_plot.h"

namespace cairn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

MetricRow row(MetricRow::Type type, int64_t epoch, std::vector<std::pair<std::string, double>> exact) {
  MetricRow one;
  one.type = type;
  one.at.epoch = epoch;
  one.exact = std::move(exact);
  return one;
}

TEST(ResultColumns, RowsOfIterationsAreLeftOut) {
  const std::vector<MetricRow> rows = {
      row(MetricRow::Type::Iteration, 0, {{"loss/box", 9}}), row(MetricRow::Type::Epoch, 0, {{"loss/box", 3}}),
      row(MetricRow::Type::Evaluation, 0, {{"map50", 0.5}}), row(MetricRow::Type::Epoch, 1, {{"loss/box", 2}})};
  const auto columns = result_columns(rows);
  ASSERT_EQ(columns.size(), 2u);
  EXPECT_EQ(columns[0].name, "loss/box");
  EXPECT_THAT(columns[0].value, ElementsAre(3, 2));
  EXPECT_THAT(columns[1].epoch, ElementsAre(0));
}

TEST(ResultColumns, ARowThatComesAgainVoidsTheLaterOnes) {
  std::vector<MetricRow> rows;
  for (const int epoch : {0, 1, 2, 1})
    rows.push_back(row(MetricRow::Type::Epoch, epoch, {{"loss/box", 10.0 * epoch + static_cast<double>(rows.size())}}));
  const auto columns = result_columns(rows);
  EXPECT_THAT(columns[0].epoch, ElementsAre(0, 1));
  EXPECT_THAT(columns[0].value, ElementsAre(0, 13));
}

TEST(ResultColumns, AreReadFromCsv) {
  const auto columns = result_columns_from_csv("epoch, map50,loss/box\r\n0,,3.5\n1,0.25,2e0\n\n");
  ASSERT_EQ(columns.size(), 2u);
  EXPECT_THAT(columns[0].epoch, ElementsAre(1));
  EXPECT_THAT(columns[1].value, ElementsAre(3.5, 2));
  EXPECT_TRUE(result_columns_from_csv("").empty());
}

std::string csv_message(const std::string& csv) {
  try {
    result_columns_from_csv(csv);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ResultColumns, WrongCsvIsLocated) {
  EXPECT_THAT(csv_message("epoch,a\n0,x\n"), HasSubstr("line 2: expected a number, found \"x\""));
  EXPECT_THAT(csv_message("epoch,a\n0,1\n1\n"), HasSubstr("line 3: 1 fields, expected 2"));
  EXPECT_THAT(csv_message("a,b\n"), HasSubstr("no column \"epoch\""));
}

TEST(ResultsFigure, GroupsLossesFiguresAndRates) {
  const std::vector<double> at = {0, 1}, value = {1, 2};
  std::vector<ResultColumn> columns;
  for (const char* name :
       {"loss/box", "val_loss/box", "loss/cls", "map50", "map50_95", "precision", "recall", "lr/decay", "unknown"}) {
    columns.push_back({name, at, value});
  }
  const Figure figure = results_figure(columns);
  std::vector<std::pair<std::string, size_t>> found;
  for (const Chart& chart : figure.charts) found.emplace_back(chart.title, chart.series.size());
  EXPECT_THAT(found, ElementsAre(std::pair("loss: box", 2u), std::pair("loss: cls", 1u), std::pair("mAP", 2u),
                                 std::pair("precision and recall", 2u), std::pair("learning rate", 1u)));
  EXPECT_THAT(figure.charts[0].series[0].x, ElementsAre(1, 2));  // epochs are counted from 1
}

TEST(LabelsFigure, CountsClassesAndCentres) {
  const std::vector<LabelBox> boxes = {
      {0, 0.1f, 0.1f, 0.2f, 0.3f}, {1, 0.5f, 0.5f, 0.1f, 0.1f}, {1, 1.0f, 1.0f, 0.1f, 0.1f}, {7, 0.5f, 0.5f, 1, 1}};
  const Figure figure = labels_figure(boxes, {"a", "b"});
  ASSERT_EQ(figure.charts.size(), 4u);
  EXPECT_THAT(figure.charts[0].series[1].y, ElementsAre(2));
  double sum = 0;
  for (const double count : figure.charts[1].heat->values) sum += count;
  EXPECT_EQ(sum, 4);
  EXPECT_EQ(figure.charts[1].heat->values.back(), 1);
  EXPECT_EQ(figure.charts[2].series[0].x.size(), 1u);
  EXPECT_FALSE(draw(labels_figure({}, {})).empty());
}

}  // namespace
}  // namespace cairn
