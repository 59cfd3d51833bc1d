using Bellman.Language.Data;
using Xunit;

namespace Bellman.Tests.Language.Data;

/// <summary>Answers are found where people and models write them, and compared for what they mean.</summary>
public sealed class AnswerExtractionTests
{
    [Theory]
    [InlineData("so 3 + 4 = 7\n#### 7", "7")]
    [InlineData("#### 1\nno, wait\n####  1,234 \nDone.", "1,234")]
    [InlineData("####", null)]
    [InlineData("no marker", null)]
    [InlineData("####-5", "-5")]
    public void The_answer_after_the_last_marker_is_the_rest_of_its_line(string text, string? answer) =>
        Assert.Equal(answer, AnswerExtraction.AfterMarker(text));

    [Theory]
    [InlineData(@"The answer is $\boxed{42}$.", "42")]
    [InlineData(@"\boxed{1} but rather \boxed{\frac{1}{\sqrt{2}}}", @"\frac{1}{\sqrt{2}}")]
    [InlineData(@"\boxed{\{1, 2\}}", @"\{1, 2\}")]
    [InlineData(@"\fbox{x^{2}}", "x^{2}")]
    [InlineData(@"\boxed 7$.", "7")]
    [InlineData(@"\boxed {8}", "8")]
    [InlineData(@"\boxed{never closed {", null)]
    [InlineData(@"\boxed", null)]
    [InlineData("nothing", null)]
    public void The_content_of_the_last_box_keeps_its_braces(string text, string? answer) =>
        Assert.Equal(answer, AnswerExtraction.Boxed(text));

    [Theory]
    [InlineData("He has 3 apples and 14 pears.", "14")]
    [InlineData("10-4", "4")]
    [InlineData("It is -4.", "-4")]
    [InlineData("She pays $1,234.50 in all.", "$1,234.50")]
    [InlineData("one half is 1/2", "1/2")]
    [InlineData("it costs .75", ".75")]
    [InlineData("(3)-5", "5")]
    [InlineData("none", null)]
    public void The_last_number_keeps_its_sign_and_separators(string text, string? answer) =>
        Assert.Equal(answer, AnswerExtraction.LastNumber(text));

    [Theory]
    [InlineData("1,234", "1234")]
    [InlineData("$70,000", "70000")]
    [InlineData("70000.00", "70000")]
    [InlineData("50%", "50")]
    [InlineData("0.50", "1/2")]
    [InlineData(@"\frac{1}{2}", "0.5")]
    [InlineData(@"-\dfrac{3}{6}", "-0.5")]
    [InlineData("1 1/2", "1.5")]
    [InlineData("−5", "-5")]
    [InlineData("18 dollars", "18")]
    [InlineData("12 cm^2", "12")]
    [InlineData(@"5\text{ apples}", "5")]
    [InlineData("1e3", "1000")]
    [InlineData("60 km/h", "60")]
    [InlineData("5 m", "5")]
    [InlineData("+7.", "7")]
    [InlineData("1 000 000", "1000000")]
    [InlineData(@"90^\circ", "90")]
    [InlineData(@"\left( 3, \frac{\pi}{2} \right)", @"(3,\frac{\pi}{2})")]
    [InlineData(@"\text{Evelyn}", "evelyn")]
    [InlineData(@"\frac12", "0.5")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890.0")]
    public void Answers_that_mean_the_same_are_the_same(string answer, string reference) => Assert.True(AnswerComparison.Same(answer, reference));

    [Theory]
    [InlineData("1,234", "1.234")]
    [InlineData("5", "-5")]
    [InlineData("1/3", "0.333")]
    [InlineData("12 3", "123")]
    [InlineData("1/0", "0")]
    [InlineData("", "0")]
    [InlineData("x", "y")]
    [InlineData("7 or 8", "7")]
    [InlineData("3x", "5x")]
    [InlineData("3x", "3")]
    public void Answers_that_differ_are_not_the_same(string answer, string reference) => Assert.False(AnswerComparison.Same(answer, reference));
}
