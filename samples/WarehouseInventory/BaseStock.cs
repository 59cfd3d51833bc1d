using Bellman;

namespace WarehouseInventory;

/// <summary>
/// The classical rules. Each item has a level; an order fills every item's position (stock and what is on the way) up to
/// its level, in whole cases. Base stock orders every day; with a trigger, only once all items together lack that many
/// cases, so that trucks are not sent for a single one.
/// </summary>
internal sealed class BaseStock(IReadOnlyList<int> levels, int trigger) : IPolicy
{
    public IReadOnlyList<int> Levels => levels;

    public int Trigger => trigger;

    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
    {
        var size = observations.Length / count;
        for (var row = 0; row < count; row++)
        {
            var action = actions.Slice(row * (1 + Warehouse.Items), 1 + Warehouse.Items);
            var order = action[1..];
            var total = 0f;
            for (var item = 0; item < Warehouse.Items; item++)
            {
                var lacking = levels[item] - Warehouse.Position(observations.Slice(row * size, size), item);
                order[item] = (float)Math.Clamp(Math.Round(lacking / Warehouse.Case), 0, Warehouse.LargestOrder);
                total += order[item];
            }
            action[0] = total >= trigger ? 1 : 0;
        }
    }

    /// <summary>The best levels (and trigger, if one is allowed) by coordinate search, all candidates on the same customers.</summary>
    public static BaseStock Search(Func<IPolicy, double> meanReturn, bool withTrigger)
    {
        int[] best = [12, 16, 20, 1];
        var value = meanReturn(Policy(best));
        for (var improved = true; improved;)
        {
            improved = false;
            for (var i = 0; i < (withTrigger ? best.Length : Warehouse.Items); i++)
            {
                foreach (var step in i == Warehouse.Items ? new[] { -2, -1, 1, 2 } : [-8, -4, -2, -1, 1, 2, 4, 8])
                {
                    int[] candidate = [.. best];
                    candidate[i] = Math.Max(1, candidate[i] + step);
                    var found = meanReturn(Policy(candidate));
                    if (found > value) { (best, value, improved) = (candidate, found, true); }
                }
            }
        }
        return Policy(best);
    }

    private static BaseStock Policy(int[] numbers) => new(numbers[..Warehouse.Items], numbers[Warehouse.Items]);
}
