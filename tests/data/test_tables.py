from xailab import data


def test_there_are_392_cars_with_eight_numbers_each():
    cars = data.cars()
    assert cars.shape == (392, 8) and cars.notna().all().all() and cars.index.name == "name"
    assert set(cars["year"]) == set(range(70, 83)) and set(cars["origin"]) == {1, 2, 3}
    assert cars.loc["chevrolet chevelle malibu"].iloc[0].tolist() == [8, 307, 130, 3504, 12, 70, 1, 18]
