using Bellman;

namespace WarehouseInventory;

/// <summary>
/// A warehouse of three items that one truck supplies. Each day: order in cases; what was ordered a lead time ago arrives;
/// customers come and buy, or go elsewhere if there is nothing. A truck costs the same however full it is, and holds only so
/// much. Demand has a weekly pattern and calm and busy spells that all items share and nobody announces.
/// </summary>
/// <remarks>All draws are made whatever is ordered: two policies with the same seed meet the same customers.</remarks>
internal sealed class Warehouse : IEnvironment
{
    public const int Items = 3;
    public const int Week = 7;
    public const int Days = 84;
    public const int Case = 4;
    public const int LargestOrder = 6;
    public const int TruckCases = 10;
    public const double RewardScale = 0.02;

    public static readonly int[] LeadTimes = [1, 2, 3];

    private const double TruckCost = 25;
    private const double SpellChange = 0.08;
    private const double BusyFactor = 1.5, CalmFactor = 0.7;

    private static readonly double[] MeanDemand = [4, 3, 3];
    private static readonly double[] HoldingCost = [0.3, 0.4, 0.5];
    private static readonly double[] LostSaleCost = [5, 7, 9];
    private static readonly double[] WeekPattern = [0.6, 0.6, 0.7, 0.9, 1.3, 1.8, 1.1];

    private readonly int[] stock = new int[Items];
    // What arrives in one day, in two, ...: [item, day].
    private readonly int[] coming = new int[Items * MostDays];
    private readonly int[] sold = new int[Items];
    private int day;
    private bool busy;

    private const int MostDays = 3;

    /// <summary>Stock, what is on the way by day of arrival, and yesterday's sales of each item, all in cases; then the weekday one-hot.</summary>
    public Space ObservationSpace { get; } = new Box(0, float.PositiveInfinity, Items * (2 + MostDays) + Week);

    /// <summary>Whether a truck is sent, then cases of each item, 0 to 6; beyond the truck's ten, the last items stay behind.</summary>
    public Space ActionSpace { get; } = new MultiDiscrete(2, LargestOrder + 1, LargestOrder + 1, LargestOrder + 1);

    public void Reset(RandomStream random, Span<float> observation)
    {
        Array.Clear(coming);
        Array.Clear(sold);
        for (var item = 0; item < Items; item++) { stock[item] = (int)(MeanDemand[item] * (LeadTimes[item] + 1)); }
        (day, busy) = (random.NextInt32(Week), random.NextBoolean());
        Observe(observation);
    }

    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var cost = Order(action);
        busy ^= random.NextBoolean(SpellChange);
        var level = WeekPattern[day % Week] * (busy ? BusyFactor : CalmFactor);
        for (var item = 0; item < Items; item++)
        {
            var arriving = coming.AsSpan(item * MostDays, MostDays);
            stock[item] += arriving[0];
            arriving[1..].CopyTo(arriving);
            arriving[^1] = 0;
            var demand = Poisson(MeanDemand[item] * level, random.NextDouble());
            sold[item] = Math.Min(demand, stock[item]);
            stock[item] -= sold[item];
            cost += (demand - sold[item]) * LostSaleCost[item] + stock[item] * HoldingCost[item];
        }
        day++;
        Observe(observation);
        return new StepResult(-cost * RewardScale);
    }

    public void Exchange(StateExchange state)
    {
        state.Array<int>(nameof(stock), stock);
        state.Array<int>(nameof(coming), coming);
        state.Array<int>(nameof(sold), sold);
        state.Value(nameof(day), ref day);
        state.Value(nameof(busy), ref busy);
    }

    /// <summary>Stock and everything on the way, in units, as an observation shows them.</summary>
    public static double Position(ReadOnlySpan<float> observation, int item)
    {
        var sum = observation[item];
        for (var i = 0; i < MostDays; i++) { sum += observation[Items + item * MostDays + i]; }
        return sum * Case;
    }

    /// <summary>Loads the truck, if one is sent, and returns what it costs.</summary>
    private double Order(ReadOnlySpan<float> action)
    {
        if (action[0] == 0) { return 0; }
        var room = TruckCases;
        for (var item = 0; item < Items; item++)
        {
            var loaded = Math.Min((int)action[1 + item], room);
            room -= loaded;
            coming[item * MostDays + LeadTimes[item] - 1] += loaded * Case;
        }
        return room < TruckCases ? TruckCost : 0;
    }

    private void Observe(Span<float> observation)
    {
        observation.Clear();
        for (var item = 0; item < Items; item++)
        {
            observation[item] = (float)stock[item] / Case;
            for (var i = 0; i < MostDays; i++) { observation[Items + item * MostDays + i] = (float)coming[item * MostDays + i] / Case; }
            observation[Items * (1 + MostDays) + item] = (float)sold[item] / Case;
        }
        observation[Items * (2 + MostDays) + day % Week] = 1;
    }

    /// <summary>The smallest k with P(X &lt;= k) above a uniform draw.</summary>
    private static int Poisson(double mean, double uniform)
    {
        var probability = Math.Exp(-mean);
        var cumulative = probability;
        var count = 0;
        for (; cumulative < uniform && count < 100; cumulative += probability) { probability *= mean / ++count; }
        return count;
    }
}
