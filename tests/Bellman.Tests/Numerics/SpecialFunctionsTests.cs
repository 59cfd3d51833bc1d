using CsCheck;
using Xunit;

namespace Bellman.Tests.Numerics;

public class SpecialFunctionsTests
{
    /// <summary>Values of Abramowitz and Stegun, tables 6.1 and 6.3, and of closed forms in pi and Euler's constant.</summary>
    [Theory]
    [InlineData(0.5, 0.57236494292470008, -1.9635100260214235, 4.9348022005446793)]
    [InlineData(1, 0, -0.57721566490153286, 1.6449340668482264)]
    [InlineData(1.5, -0.12078223763524522, 0.03648997397857652, 0.93480220054467933)]
    [InlineData(10, 12.801827480081469, 2.2517525890667211, 0.10516633568168575)]
    [InlineData(100, 359.13420536957540, 4.6001618527380874, 0.010050166663333571)]
    public void Values_are_those_of_the_tables(double x, double logGamma, double digamma, double trigamma)
    {
        Assert.Equal(logGamma, SpecialFunctions.LogGamma(x), 1e-13 * (1 + Math.Abs(logGamma)));
        Assert.Equal(digamma, SpecialFunctions.Digamma(x), 1e-13 * (1 + Math.Abs(digamma)));
        Assert.Equal(trigamma, SpecialFunctions.Trigamma(x), 1e-13 * (1 + Math.Abs(trigamma)));
    }

    [Fact]
    public void Each_is_the_slope_of_the_one_before() => Gen.Double[0.05, 40].Sample(x =>
    {
        var h = 1e-5 * x;
        Assert.Equal((SpecialFunctions.LogGamma(x + h) - SpecialFunctions.LogGamma(x - h)) / (2 * h), SpecialFunctions.Digamma(x), 1e-6 * (1 + 1 / x));
        Assert.Equal((SpecialFunctions.Digamma(x + h) - SpecialFunctions.Digamma(x - h)) / (2 * h), SpecialFunctions.Trigamma(x), 1e-6 * (1 + 1 / (x * x)));
    });
}
