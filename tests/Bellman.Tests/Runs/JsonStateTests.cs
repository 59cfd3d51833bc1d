using System.Text.Json.Nodes;
using CsCheck;
using Xunit;

namespace Bellman.Tests.Runs;

public sealed class JsonStateTests
{
    [Fact]
    public void Every_kind_of_value_returns_exactly()
    {
        var saved = JsonState.Save(Assorted.Example()).ToJsonString();
        var loaded = new Assorted();
        JsonState.Load(loaded, Parse(saved));
        Assert.Equivalent(Assorted.Example(), loaded, strict: true);
        Assert.Equal(saved, JsonState.Save(loaded).ToJsonString());
    }

    [Fact]
    public void Numbers_return_to_the_bit() => Gen.Select(Gen.Double, Gen.Float, Gen.ULong, Gen.Long).Sample((real, single, unsigned, signed) =>
    {
        var part = new Assorted { Real = real, Small = single, Positive = unsigned, Large = signed };
        var loaded = new Assorted();
        JsonState.Load(loaded, Parse(JsonState.Save(part).ToJsonString()));
        return BitConverter.DoubleToInt64Bits(real) == BitConverter.DoubleToInt64Bits(loaded.Real)
            && BitConverter.SingleToInt32Bits(single) == BitConverter.SingleToInt32Bits(loaded.Small)
            && unsigned == loaded.Positive && signed == loaded.Large;
    });

    [Theory]
    [InlineData("infinity", "double", """{"double":"Infinity"}""", double.PositiveInfinity)]
    [InlineData("a whole number for a real one", "double", """{"double":3}""", 3)]
    [InlineData("the negative zero", "double", """{"double":-0.0}""", -0.0)]
    public void Partial_values_are_taken_and_the_rest_stays(string what, string name, string json, double expected)
    {
        var part = Assorted.Example();
        JsonState.Load(part, Parse(json), partial: true);
        Assert.True(expected.Equals(part.Real), $"{what}: {name} is {part.Real}");
        Assert.Equal(Assorted.Example().Positive, part.Positive);
    }

    [Theory]
    [InlineData("""{"dubble":1}""", "'dubble'", "double")]
    [InlineData("""{"inner":{"blok":[1,2,3]}}""", "'inner.blok'", "inner.block")]
    [InlineData("""{"int":1.5}""", "'int'", "a whole number")]
    [InlineData("""{"int":99999999999}""", "'int'", "32 bits")]
    [InlineData("""{"byte":-1}""", "'byte'", "0 to 255")]
    [InlineData("""{"bool":1}""", "'bool'", "true or false")]
    [InlineData("""{"double":"high"}""", "'double'", "a number")]
    [InlineData("""{"text":5}""", "'text'", "a text")]
    [InlineData("""{"double":null}""", "'double'", "a number")]
    [InlineData("""{"inner":3}""", "'inner'", "an object")]
    [InlineData("""{"inner":{"block":[1,2]}}""", "'inner.block'", "must have 3")]
    [InlineData("""{"inner":{"block":[1,2,true]}}""", "'inner.block[2]'", "a number")]
    [InlineData("""{"inner":{"block":7}}""", "'inner.block'", "a list")]
    public void Wrong_values_are_refused_by_name_with_what_is_valid(string json, string name, string valid)
    {
        var part = Assorted.Example();
        // Something right stands before it: it must not stay behind.
        var values = Parse(json);
        if (!values.ContainsKey("single")) { values.Insert(0, "single", 5); }
        var error = Assert.Throws<UsageException>(() => JsonState.Load(part, values, partial: true, "--state"));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.Contains(valid, error.Message, StringComparison.Ordinal);
        Assert.Equivalent(Assorted.Example(), part, strict: true);
    }

    [Fact]
    public void Missing_value_is_refused_unless_the_rest_may_stay()
    {
        var error = Assert.Throws<UsageException>(() => JsonState.Load(new Assorted(), []));
        Assert.Contains("'single' is missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_stream_goes_on_from_where_it_was_saved()
    {
        var stream = RandomStream.Create(3);
        for (var i = 0; i < 7; i++) { stream.NextUInt32(); }
        var saved = JsonState.Save(stream);
        var expected = stream.NextUInt64();
        var other = RandomStream.Create(4);
        JsonState.Load(other, Parse(saved.ToJsonString()));
        Assert.Equal(expected, other.NextUInt64());
    }

    [Fact]
    public void Name_given_twice_is_a_mistake_that_shows_at_once() =>
        Assert.Throws<InvalidOperationException>(() => JsonState.Save(new NamesTwice()));

    private static JsonObject Parse(string json) => JsonNode.Parse(json) as JsonObject ?? [];

    private sealed class NamesTwice : IStateful
    {
        private int value;

        public void Exchange(StateExchange state)
        {
            state.Value("value", ref value);
            state.Value("value", ref value);
        }
    }
}
